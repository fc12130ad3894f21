#include "hls/compiler/report/latency.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "hls/compiler/bind/blocks.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using Cycles = std::optional<std::uint64_t>;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

Cycles plus(Cycles a, Cycles b) { return a && b ? Cycles(*a + *b) : std::nullopt; }

// A loop of several blocks: those from which its header is reached again without leaving by the header.
struct Loop {
  std::size_t header = 0;
  std::vector<bool> blocks;
  std::size_t size = 0;
};

class Ways {
 public:
  Ways(const Process& process, const ProcessSchedule& schedule)
      : process_(process), bound_(bind_blocks(process, schedule)) {
    std::vector<int> state(process.blocks.size());
    find_loops(0, state);
    std::ranges::sort(loops_, {}, &Loop::size);
  }

  Latency whole() {
    const std::vector<bool> all(process_.blocks.size(), true);
    return way(0, all, kNone);
  }

 private:
  // Depth first: an edge to a block that is still open closes a loop.
  void find_loops(std::size_t block, std::vector<int>& state) {
    state[block] = 1;
    for (const BlockId to : successors(process_.blocks[block])) {
      const std::size_t next = index(to);
      if (state[next] == 1 && next != block) {
        add_loop(next, block);
      } else if (state[next] == 0) {
        find_loops(next, state);
      }
    }
    state[block] = 2;
  }

  void add_loop(std::size_t header, std::size_t latch) {
    auto loop = std::ranges::find(loops_, header, &Loop::header);
    if (loop == loops_.end()) {
      loops_.push_back({header, std::vector<bool>(process_.blocks.size()), 1});
      loop = loops_.end() - 1;
      loop->blocks[header] = true;
    }
    const std::vector<std::vector<BlockId>> before = predecessors(process_);
    std::vector<std::size_t> open{latch};
    while (!open.empty()) {
      const std::size_t block = open.back();
      open.pop_back();
      if (loop->blocks[block]) {
        continue;
      }
      loop->blocks[block] = true;
      ++loop->size;
      for (const BlockId from : before[block]) {
        open.push_back(index(from));
      }
    }
  }

  Latency of_block(std::size_t block) const {
    const Block& it = process_.blocks[block];
    const auto cycles = static_cast<std::uint64_t>(bound_[block].cycles);
    if (bound_[block].skipped) {
      return {0, 0};
    }
    if (!it.pipeline) {
      return {cycles, cycles};
    }
    const auto of_trips = [&](Cycles trips) -> Cycles {
      return trips ? Cycles((std::max<std::uint64_t>(*trips, 1) - 1) * static_cast<std::uint64_t>(bound_[block].ii) +
                            cycles)
                   : std::nullopt;
    };
    return {of_trips(it.min_trips), of_trips(it.max_trips)};
  }

  // The innermost loop with this header that lies inside `region` and is not the one that we are in.
  const Loop* loop_at(std::size_t block, std::size_t in_loop) const {
    const auto loop = std::ranges::find(loops_, block, &Loop::header);
    return loop == loops_.end() || block == in_loop ? nullptr : &*loop;
  }

  // From `block` to a return, or to an edge that leaves `region` or goes back to `header`.
  Latency way(std::size_t block, const std::vector<bool>& region, std::size_t header) {
    const auto known = known_.find({block, header});
    if (known != known_.end()) {
      return known->second;
    }
    const Latency found = find_way(block, region, header);
    known_.emplace(std::pair(block, header), found);
    return found;
  }

  Latency find_way(std::size_t block, const std::vector<bool>& region, std::size_t header) {
    Latency own = of_block(block);
    std::vector<std::size_t> next;
    const Loop* loop = loop_at(block, header);
    if (loop != nullptr) {
      const Latency body = way(block, loop->blocks, block);
      const auto of_trips = [](Cycles once, Cycles trips) -> Cycles {
        return once && trips ? Cycles(*once * *trips) : std::nullopt;
      };
      own = {of_trips(body.min, process_.blocks[block].min_trips),
             of_trips(body.max, process_.blocks[block].max_trips)};
      for (std::size_t b = 0; b < process_.blocks.size(); ++b) {
        if (loop->blocks[b]) {
          collect(b, loop->blocks, true, next);
        }
      }
    } else {
      collect(block, region, false, next);
    }
    Latency rest;
    bool any = false;
    for (const std::size_t to : next) {
      if (!region[to] || to == header) {
        continue;
      }
      const Latency there = way(to, region, header);
      rest.min = !any ? there.min : (rest.min && there.min ? Cycles(std::min(*rest.min, *there.min)) : std::nullopt);
      rest.max = !any ? there.max : (rest.max && there.max ? Cycles(std::max(*rest.max, *there.max)) : std::nullopt);
      any = true;
    }
    return any ? Latency{plus(own.min, rest.min), plus(own.max, rest.max)} : own;
  }

  void collect(std::size_t block, const std::vector<bool>& loop, bool leaving, std::vector<std::size_t>& next) const {
    for (const BlockId to : successors(process_.blocks[block])) {
      if (index(to) != block && (!leaving || !loop[index(to)])) {
        next.push_back(index(to));
      }
    }
  }

  const Process& process_;
  std::vector<BlockBinding> bound_;
  std::vector<Loop> loops_;
  std::map<std::pair<std::size_t, std::size_t>, Latency> known_;  // by block and header of the loop around
};

}  // namespace

Latency latency_of(const Process& process, const ProcessSchedule& schedule) { return Ways(process, schedule).whole(); }

}  // namespace sluice::hlsc
