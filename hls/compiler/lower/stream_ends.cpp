// Pass 19: which way each stream goes, from who uses it.
//
// A parameter that is read is an input and one that is written an output. Both, or twice either, would need a FIFO that
// is not there: an error naming the processes. One that nothing uses in the end (its accesses were found to be dead)
// goes the way its accesses in the source go, an input without any.
#include <llvm/IR/InstIterator.h>

#include <map>
#include <set>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

std::string names(const Kernel& kernel, const std::set<std::size_t>& processes) {
  std::string result;
  for (std::size_t process : processes) {
    result += (result.empty() ? "'" : ", '") + kernel.processes[process].name + "'";
  }
  return result.empty() ? "nobody" : result;
}

}  // namespace

void note_stream_directions(Lowering& lowering, const ProcessPlan& plan) {
  for (llvm::Instruction& instruction : llvm::instructions(*plan.function)) {
    const std::optional<CallKind> kind = call_kind(instruction);
    if (kind != CallKind::kWrite && kind != CallKind::kWriteNb && kind != CallKind::kFull) {
      continue;
    }
    llvm::Value* stream = llvm::cast<llvm::CallInst>(instruction).getArgOperand(1)->stripInBoundsOffsets();
    if (const auto* argument = llvm::dyn_cast<llvm::Argument>(stream)) {
      for (StreamId id : plan.arguments[argument->getArgNo()].streams) {
        StreamDirection& direction = lowering.kernel.streams[index(id)].direction;
        direction = direction == StreamDirection::kInternal ? direction : StreamDirection::kOutput;
      }
    }
  }
}

void connect_streams(Lowering& lowering) {
  Kernel& kernel = lowering.kernel;
  std::map<StreamId, std::set<std::size_t>> readers;
  std::map<StreamId, std::set<std::size_t>> writers;
  for (std::size_t number = 0; number < kernel.processes.size(); ++number) {
    for (const Block& block : kernel.processes[number].blocks) {
      for (OpId id : block.ops) {
        const Op& op = kernel.processes[number].ops[index(id)];
        if (is_stream_access(op.kind)) {
          (is_stream_reading(op.kind) ? readers : writers)[op.stream].insert(number);
        }
      }
    }
  }
  for (std::size_t number = 0; number < kernel.streams.size(); ++number) {
    Stream& stream = kernel.streams[number];
    const auto id = static_cast<StreamId>(number);
    const bool is_internal = stream.direction == StreamDirection::kInternal;
    const bool is_fine =
        is_internal ? readers[id].size() == 1 && writers[id].size() == 1 : readers[id].size() + writers[id].size() <= 1;
    if (!is_fine) {
      Diagnostic diagnostic{.severity = Severity::kError,
                            .file = {},
                            .line = stream.location.line,
                            .column = stream.location.column,
                            .message = {}};
      if (stream.location.line != 0) {
        diagnostic.file = kernel.files[static_cast<std::size_t>(stream.location.file)];
      }
      diagnostic.message =
          "stream '" + stream.name + "' is written by " + names(kernel, writers[id]) + " and read by " +
          names(kernel, readers[id]) +
          (is_internal ? "; it needs one process at either end" : "; a port has one process and one direction");
      lowering.diagnostics.add(std::move(diagnostic));
    } else if (!is_internal) {
      const bool is_unused = readers[id].empty() && writers[id].empty();
      stream.direction = is_unused             ? stream.direction
                         : writers[id].empty() ? StreamDirection::kInput
                                               : StreamDirection::kOutput;
    }
  }
}

}  // namespace sluice::hlsc
