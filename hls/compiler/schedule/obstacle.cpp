#include "hls/compiler/schedule/obstacle.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <utility>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string nanoseconds(double ns) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f ns", ns);
  return text.data();
}

std::string count(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

// Long chains keep their ends.
std::string chain_text(const Problem& problem, const std::vector<int>& nodes) {
  constexpr std::size_t kMost = 16;
  std::string text;
  for (std::size_t position = 0; position < nodes.size(); ++position) {
    if (nodes.size() > kMost && position == kMost / 2) {
      const std::size_t left_out = nodes.size() - kMost;
      text += " -> (" + count(left_out, "more operation") + ")";
      position += left_out;
    }
    text += (position == 0 ? "" : " -> ") +
            describe(*problem.process, problem.nodes[static_cast<std::size_t>(nodes[position])].op);
  }
  return text;
}

// Wires say nothing.
std::vector<int> without_wires(const Problem& problem, const std::vector<int>& nodes) {
  std::vector<int> result;
  std::ranges::copy_if(nodes, std::back_inserter(result), [&](int node) {
    const OpCost& cost = problem.nodes[static_cast<std::size_t>(node)].cost;
    const Op& op = problem.op(node);
    return cost.latency > 0 || cost.delay_ns > 0 || !op.name.empty() || is_memory_access(op.kind);
  });
  return result.empty() ? nodes : result;
}

double delay_of(const Problem& problem, const std::vector<int>& nodes) {
  double sum = 0;
  for (const int node : nodes) {
    const OpCost& cost = problem.nodes[static_cast<std::size_t>(node)].cost;
    sum += cost.delay_ns + cost.setup_ns;
  }
  return sum;
}

std::string lines_text(const std::set<int>& lines) {
  std::string text;
  for (const int line : lines) {
    text += (text.empty() ? (lines.size() > 1 ? "lines " : "line ") : ", ") + std::to_string(line);
  }
  return text;
}

std::string describe_stream(const Problem& problem, const std::vector<int>& nodes) {
  std::set<int> lines;
  for (const int node : nodes) {
    lines.insert(problem.op(node).location.line);
  }
  const Op& first = problem.op(nodes.front());
  return "stream '" + problem.kernel->streams[index(first.stream)].name +
         "', which moves one word a cycle: " + count(nodes.size(), is_stream_reading(first.kind) ? "read" : "write") +
         " an iteration (" + lines_text(lines) + ")";
}

// Cycles from the circle's start round to it again, on its own.
int cycles_of(const Problem& problem, const std::vector<Step>& circle) {
  Time time;
  for (const Step& step : circle) {
    const OpCost& from = problem.nodes[static_cast<std::size_t>(step.from)].cost;
    const OpCost& to = problem.nodes[static_cast<std::size_t>(step.node)].cost;
    time = step.edge != nullptr ? Time{time.cycle + step.edge->delta, 0} : ready(from, time);
    time = fit(to, time, problem.budget_ns);
  }
  return time.cycle;
}

}  // namespace

std::string describe_recurrence(const Problem& problem, const std::vector<Step>& circle) {
  // Starts behind an edge that ends in a register, where a cycle starts.
  std::vector<Step> steps = circle;
  const auto first = std::ranges::find_if(steps, [](const Step& step) { return step.edge != nullptr; });
  if (first != steps.end()) {
    std::ranges::rotate(steps, first + 1);
  }
  int distance = 0;
  std::vector<int> nodes;
  bool is_stream = true;
  for (const Step& step : steps) {
    distance += step.edge != nullptr ? step.edge->distance : 0;
    is_stream &= step.edge != nullptr && step.edge->reason == Reason::kStream;
    nodes.push_back(step.from);
  }
  const int cycles = cycles_of(problem, steps);
  if (is_stream) {
    return describe_stream(problem, nodes);
  }
  return "the recurrence " + chain_text(problem, without_wires(problem, nodes)) + ", which takes " +
         count(static_cast<std::size_t>(std::max(cycles, 0)), "cycle") + " (" + nanoseconds(delay_of(problem, nodes)) +
         " of logic at " + nanoseconds(problem.budget_ns) + " a cycle) and is needed after " +
         count(static_cast<std::size_t>(std::max(distance, 0)), "iteration");
}

std::string describe_exit(const Problem& problem, const std::vector<int>& chain, int cycle) {
  return "the loop's condition, known only " + count(static_cast<std::size_t>(cycle) + 1, "cycle") +
         " after an iteration's start: " + chain_text(problem, without_wires(problem, chain)) + " (" +
         nanoseconds(delay_of(problem, chain)) + " of logic at " + nanoseconds(problem.budget_ns) + " a cycle)";
}

std::string describe_ports(const Problem& problem, MemoryId memory) {
  const Memory& it = problem.process->memories[index(memory)];
  std::size_t loads = 0;
  std::size_t stores = 0;
  std::set<int> lines;
  for (const Node& node : problem.nodes) {
    const Op& op = problem.process->ops[index(node.op)];
    if (is_memory_access(op.kind) && op.memory == memory) {
      (op.kind == OpKind::kLoad ? loads : stores) += 1;
      lines.insert(op.location.line);
    }
  }
  std::string ports = count(static_cast<std::size_t>(it.ports.read), "read port") + ", " +
                      count(static_cast<std::size_t>(it.ports.write), "write port");
  if (it.ports.read_write > 0) {
    ports += ", " + count(static_cast<std::size_t>(it.ports.read_write), "read-write port");
  }
  return "the ports of memory '" + it.name + "' (" + ports + "), which has " + count(loads, "load") + " and " +
         count(stores, "store") + " an iteration (" + lines_text(lines) + ")";
}

// Tarjan's strongly connected components, without recursion.
std::vector<bool> members_of_circles(const std::vector<std::vector<int>>& users) {
  const std::size_t size = users.size();
  std::vector<bool> result(size, false);
  std::vector<int> number(size, -1);
  std::vector<int> low(size, 0);
  std::vector<bool> on_path(size, false);
  std::vector<std::size_t> path;
  std::vector<std::pair<std::size_t, std::size_t>> calls;  // node, next user
  int next_number = 0;
  const auto open = [&](std::size_t node) {
    number[node] = low[node] = next_number++;
    path.push_back(node);
    on_path[node] = true;
    calls.emplace_back(node, 0);
  };
  for (std::size_t root = 0; root < size; ++root) {
    if (number[root] < 0) {
      open(root);
    }
    while (!calls.empty()) {
      auto& [node, next] = calls.back();
      if (next < users[node].size()) {
        const auto user = static_cast<std::size_t>(users[node][next++]);
        result[node] = result[node] || user == node;
        if (number[user] < 0) {
          open(user);
        } else if (on_path[user]) {
          low[node] = std::min(low[node], number[user]);
        }
        continue;
      }
      const std::size_t done = node;
      calls.pop_back();
      if (!calls.empty()) {
        low[calls.back().first] = std::min(low[calls.back().first], low[done]);
      }
      if (low[done] == number[done]) {
        const bool is_circle = path.back() != done;
        std::size_t member = size;
        while (member != done) {
          member = path.back();
          path.pop_back();
          on_path[member] = false;
          result[member] = result[member] || is_circle;
        }
      }
    }
  }
  return result;
}

}  // namespace sluice::hlsc
