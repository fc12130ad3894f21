// Pass 18, the sluice.* calls: streams, memories, scalars and outputs.
#include "hls/compiler/base/check.hpp"
#include "hls/compiler/lower/build.hpp"
#include "hls/compiler/lower/processes.hpp"

namespace sluice::hlsc {
namespace {

OpKind op_kind(CallKind kind) {
  switch (kind) {
    case CallKind::kRead:
      return OpKind::kStreamRead;
    case CallKind::kWrite:
      return OpKind::kStreamWrite;
    case CallKind::kReadNb:
      return OpKind::kTryRead;
    case CallKind::kWriteNb:
      return OpKind::kTryWrite;
    case CallKind::kEmpty:
      return OpKind::kStreamEmpty;
    case CallKind::kFull:
      return OpKind::kStreamFull;
    case CallKind::kLoad:
      return OpKind::kLoad;
    case CallKind::kStore:
      return OpKind::kStore;
    case CallKind::kOutput:
      return OpKind::kScalarWrite;
    default:
      fail("a call that is no operation");
  }
}

}  // namespace

void ProcessBuilder::build_call(llvm::CallInst& call, CallKind kind) {
  if (kind == CallKind::kScalar) {
    build_scalar(call);
    return;
  }
  if (kind == CallKind::kUnwritten) {
    const auto number = llvm::cast<llvm::ConstantInt>(call.getArgOperand(0))->getZExtValue();
    lowering_.error(call.getDebugLoc(),
                    "output '" + lowering_.kernel.outputs[number].name +
                        "' is read before it is written; outputs have no value at the start, take it as an argument "
                        "by value too");
    ops_[&call] = constant(llvm::APInt(call.getType()->getIntegerBitWidth(), 0));
    return;
  }
  Op op = new_op(op_kind(kind), call);
  op.predicate = kind == CallKind::kLoad && !keeps_predicate(call) ? OpId::kNone : predicate(*call.getArgOperand(0));
  switch (kind) {
    case CallKind::kLoad:
    case CallKind::kStore:
      op.memory = static_cast<MemoryId>(llvm::cast<llvm::ConstantInt>(call.getArgOperand(1))->getZExtValue());
      op.operands = {value(*call.getArgOperand(3))};
      if (kind == CallKind::kStore) {
        op.operands.push_back(value(*call.getArgOperand(4)));
      }
      break;
    case CallKind::kOutput:
      op.scalar = static_cast<int>(llvm::cast<llvm::ConstantInt>(call.getArgOperand(1))->getZExtValue());
      op.operands = {value(*call.getArgOperand(2))};
      break;
    default:
      op.stream = stream_of(call);
      if (kind == CallKind::kWrite || kind == CallKind::kWriteNb) {
        op.operands = {value(*call.getArgOperand(2))};
      }
  }
  ops_[&call] = add(std::move(op));
}

void ProcessBuilder::build_scalar(llvm::CallInst& call) {
  auto number = static_cast<int>(llvm::cast<llvm::ConstantInt>(call.getArgOperand(0))->getZExtValue());
  auto found = scalars_.find(number);
  if (found == scalars_.end()) {
    Op op = new_op(OpKind::kScalar, call);
    op.name = lowering_.kernel.scalars[static_cast<std::size_t>(number)].name;
    op.scalar = static_cast<int>(process_.scalar_arguments.size());
    process_.scalar_arguments.push_back(number);
    found = scalars_.emplace(number, add(std::move(op), false)).first;
  }
  ops_[&call] = found->second;
}

// A local stream's word, from the calls that move it.
void ProcessBuilder::note_payload(const llvm::CallInst& call, Stream& stream) {
  const CallKind kind = *call_kind(call);
  unsigned width = 0;
  if (kind == CallKind::kRead || kind == CallKind::kReadNb) {
    width = call.getType()->getIntegerBitWidth() - (kind == CallKind::kReadNb ? 1 : 0);
  } else if (kind == CallKind::kWrite || kind == CallKind::kWriteNb) {
    width = call.getArgOperand(2)->getType()->getIntegerBitWidth();
  } else {
    return;
  }
  stream.width = width;
  if (llvm::MDNode* node = call.getMetadata(kPayloadMetadata)) {
    const llvm::StringRef function = llvm::cast<llvm::MDString>(node->getOperand(0))->getString();
    stream.payload = payload_of(lowering_.compiled.payloads.at(function.str()));
  } else if (stream.payload.empty()) {
    stream.payload = {{.name = "", .low = 0, .width = width, .is_signed = false}};
  }
}

StreamId ProcessBuilder::stream_of(llvm::CallInst& call) {
  llvm::APInt offset(64, 0);
  const llvm::DataLayout& layout = plan_.function->getParent()->getDataLayout();
  llvm::Value* base = call.getArgOperand(1)->stripAndAccumulateConstantOffsets(layout, offset, true);
  if (std::optional<StreamId> first = local_stream(*base)) {
    const auto id = static_cast<StreamId>(index(*first) + offset.getZExtValue());
    note_payload(call, lowering_.kernel.streams[index(id)]);
    return id;
  }
  auto* argument = llvm::dyn_cast<llvm::Argument>(base);
  if (argument == nullptr || plan_.arguments[argument->getArgNo()].kind != ArgumentBinding::Kind::kStream) {
    lowering_.error(call.getDebugLoc(),
                    llvm::isa<llvm::AllocaInst>(base)
                        ? "a stream that is read and written in one process; use an array, or DATAFLOW "
                          "with a process at either end"
                        : "which stream this is must be known when compiling; unroll the loop around it");
    return StreamId{0};
  }
  const std::vector<StreamId>& streams = plan_.arguments[argument->getArgNo()].streams;
  if (offset.uge(streams.size())) {
    lowering_.error(call.getDebugLoc(), "this index is outside of the array of streams");
    return StreamId{0};
  }
  return streams[offset.getZExtValue()];
}

}  // namespace sluice::hlsc
