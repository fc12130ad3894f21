// Pass 18: LLVM IR, now integers and sluice.* calls only, to the kernel IR, instruction by instruction.
//
// Only what is needed by an effect or a branch is built: what memory addresses were computed from for the sake of
// dependences stays behind.
#include "hls/compiler/lower/build.hpp"

#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/CFG.h>

#include <algorithm>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/lower/calls.hpp"

namespace sluice::hlsc {
namespace {

// The most that an int can count: no bound that the source means.
constexpr unsigned kNoBound = 0x7FFFFFFF;

bool is_effect(const llvm::Instruction& instruction) {
  std::optional<CallKind> kind = call_kind(instruction);
  const bool never = kind && has_predicate(*kind) && llvm::isa<llvm::Constant>(instruction.getOperand(0)) &&
                     !llvm::cast<llvm::Constant>(instruction.getOperand(0))->isOneValue();
  // An output of another process of the region, in a copy of the region.
  const bool is_undefined = kind == CallKind::kOutput && llvm::isa<llvm::UndefValue>(instruction.getOperand(2));
  return kind && !never && !is_undefined && *kind != CallKind::kLoad && *kind != CallKind::kScalar &&
         *kind != CallKind::kUnwritten && *kind != CallKind::kLoop && *kind != CallKind::kDepth;
}

// trunc(x >> constant): bits of x.
struct BitField {
  llvm::Value* of = nullptr;
  unsigned low = 0;
};

std::optional<BitField> bit_field(const llvm::Instruction& instruction) {
  auto* trunc = llvm::dyn_cast<llvm::TruncInst>(&instruction);
  if (trunc == nullptr) {
    return std::nullopt;
  }
  auto* shift = llvm::dyn_cast<llvm::BinaryOperator>(trunc->getOperand(0));
  const bool is_shift = shift != nullptr && (shift->getOpcode() == llvm::Instruction::LShr ||
                                             shift->getOpcode() == llvm::Instruction::AShr);
  auto* amount = is_shift ? llvm::dyn_cast<llvm::ConstantInt>(shift->getOperand(1)) : nullptr;
  if (amount == nullptr || amount->getValue().uge(shift->getType()->getIntegerBitWidth()) ||
      amount->getZExtValue() + trunc->getType()->getIntegerBitWidth() > shift->getType()->getIntegerBitWidth()) {
    return std::nullopt;
  }
  return BitField{.of = shift->getOperand(0), .low = static_cast<unsigned>(amount->getZExtValue())};
}

bool is_constant_bool(const llvm::Value* value, bool wanted) {
  auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value);
  return constant != nullptr && constant->getBitWidth() == 1 && constant->isOne() == wanted;
}

}  // namespace

ProcessBuilder::ProcessBuilder(Lowering& lowering, const ProcessPlan& plan, Analyses& analyses, Process& process)
    : lowering_(lowering), plan_(plan), analyses_(analyses), process_(process) {}

void ProcessBuilder::run() {
  llvm::ReversePostOrderTraversal<llvm::Function*> order(plan_.function);
  for (llvm::BasicBlock* block : order) {
    blocks_[block] = static_cast<BlockId>(process_.blocks.size());
    process_.blocks.emplace_back();
    start_block(*block);
  }
  find_live(order.begin(), order.end());
  for (llvm::BasicBlock* block : order) {
    current_ = blocks_.at(block);
    for (llvm::Instruction& instruction : *block) {
      if (live_.contains(&instruction)) {
        build(instruction);
      }
    }
  }
  for (llvm::BasicBlock* block : order) {
    current_ = blocks_.at(block);
    finish_phis(*block);
    finish_terminator(*block);
  }
  for (const auto& [header, loop] : pipelined_) {
    add_dependences(*loop, process_.blocks[index(blocks_.at(header))]);
  }
}

std::vector<llvm::Value*> ProcessBuilder::needed(llvm::Instruction& instruction) const {
  if (std::optional<BitField> field = bit_field(instruction)) {
    return {field->of};
  }
  std::optional<CallKind> kind = call_kind(instruction);
  std::vector<llvm::Value*> result;
  for (unsigned i = 0; i < instruction.getNumOperands(); ++i) {
    llvm::Value* operand = instruction.getOperand(i);
    const bool is_linear_index = kind && (*kind == CallKind::kLoad || *kind == CallKind::kStore) && i == 2;
    const bool is_unused_predicate = kind && *kind == CallKind::kLoad && i == 0 && !keeps_predicate(instruction);
    if (operand->getType()->isIntegerTy() && !is_linear_index && !is_unused_predicate) {
      result.push_back(operand);
    }
  }
  return result;
}

// A load of registers costs nothing where nobody wants it; a predicate on it would only lengthen its path.
bool ProcessBuilder::keeps_predicate(const llvm::Instruction& load) const {
  auto memory = llvm::cast<llvm::ConstantInt>(load.getOperand(1))->getZExtValue();
  return process_.memories[memory].kind != MemoryKind::kRegisters;
}

template <typename Iterator>
void ProcessBuilder::find_live(Iterator begin, Iterator end) {
  std::vector<llvm::Instruction*> work;
  auto add = [&](llvm::Value* value) {
    auto* instruction = llvm::dyn_cast<llvm::Instruction>(value);
    if (instruction != nullptr && live_.insert(instruction).second) {
      work.push_back(instruction);
    }
  };
  for (Iterator block = begin; block != end; ++block) {
    for (llvm::Instruction& instruction : **block) {
      if (is_effect(instruction)) {
        add(&instruction);
      }
    }
    if (auto* branch = llvm::dyn_cast<llvm::BranchInst>((*block)->getTerminator());
        branch != nullptr && branch->isConditional()) {
      add(branch->getCondition());
    }
  }
  while (!work.empty()) {
    llvm::Instruction* instruction = work.back();
    work.pop_back();
    for (llvm::Value* value : needed(*instruction)) {
      add(value);
    }
  }
}

void ProcessBuilder::start_block(llvm::BasicBlock& block) {
  Block& result = process_.blocks.back();
  result.location = lowering_.location(block.getTerminator()->getDebugLoc());
  std::string name = block.hasName() ? block.getName().str() : "block";
  if (llvm::isa<llvm::ReturnInst>(block.getTerminator())) {
    name = "last";
  }
  if (name.starts_with("_Z")) {  // clang and the inliner name blocks after functions
    name = "block";
  }
  std::ranges::replace_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  llvm::Loop* loop = analyses_.loops.getLoopFor(&block);
  if (loop != nullptr) {
    std::optional<std::size_t> number = directives_of(lowering_, *loop);
    result.loop_depth = static_cast<int>(loop->getLoopDepth());
    result.loop_name = number ? lowering_.loops[*number].name : "loop";
    if (loop->getHeader() == &block) {
      name = result.loop_name;
      start_loop(*loop, number, result);
    }
  }
  result.name = name;
  for (int i = 2; !names_.insert(result.name).second; ++i) {
    result.name = name + "_" + std::to_string(i);
  }
}

void ProcessBuilder::start_loop(llvm::Loop& loop, std::optional<std::size_t> number, Block& block) {
  if (unsigned trips = analyses_.evolution.getSmallConstantTripCount(&loop)) {
    block.min_trips = block.max_trips = trips;
  } else if (unsigned most = analyses_.evolution.getSmallConstantMaxTripCount(&loop); most != 0 && most < kNoBound) {
    block.max_trips = most;
  }
  if (!number) {
    return;
  }
  LoopDirectives& directives = lowering_.loops[*number];
  block.location = lowering_.location(directives.location);
  if (directives.max_trips && !block.min_trips) {
    block.min_trips = directives.min_trips;
    block.max_trips = directives.max_trips;
  }
  if (directives.pipeline_ii && loop.getNumBlocks() == 1) {
    block.pipeline =
        Pipeline{.target_ii = *directives.pipeline_ii, .may_be_larger = directives.ii_may_be_larger, .dependences = {}};
    pipelined_.emplace_back(loop.getHeader(), &loop);
  }
}

OpId ProcessBuilder::add(Op op, bool in_block) {
  auto id = static_cast<OpId>(process_.ops.size());
  process_.ops.push_back(std::move(op));
  if (in_block) {
    process_.blocks[index(current_)].ops.push_back(id);
  }
  return id;
}

OpId ProcessBuilder::constant(const llvm::APInt& value) {
  std::string key = llvm::toString(value, 16, false) + ":" + std::to_string(value.getBitWidth());
  auto found = constants_.find(key);
  if (found == constants_.end()) {
    Op op;
    op.kind = OpKind::kConstant;
    op.width = value.getBitWidth();
    op.constant = value;
    found = constants_.emplace(key, add(std::move(op), false)).first;
  }
  return found->second;
}

OpId ProcessBuilder::value(llvm::Value& value) {
  if (auto* constant_int = llvm::dyn_cast<llvm::ConstantInt>(&value)) {
    return constant(constant_int->getValue());
  }
  if (llvm::isa<llvm::UndefValue>(value)) {  // poison too
    return constant(llvm::APInt(value.getType()->getIntegerBitWidth(), 0));
  }
  auto found = ops_.find(&value);
  if (found == ops_.end()) {
    std::string text;
    llvm::raw_string_ostream(text) << value;
    fail("a value that no pass lowered: " + text);
  }
  return found->second;
}

OpId ProcessBuilder::predicate(llvm::Value& condition) {
  return is_constant_bool(&condition, true) ? OpId::kNone : value(condition);
}

Op ProcessBuilder::new_op(OpKind kind, const llvm::Instruction& instruction) {
  Op op;
  op.kind = kind;
  op.width = instruction.getType()->isIntegerTy() ? instruction.getType()->getIntegerBitWidth() : 0;
  op.name = source_name(instruction.getName());
  op.location = lowering_.location(instruction.getDebugLoc());
  return op;
}

void ProcessBuilder::build(llvm::Instruction& instruction) {
  if (std::optional<CallKind> kind = call_kind(instruction)) {
    build_call(llvm::cast<llvm::CallInst>(instruction), *kind);
  } else if (auto* compare = llvm::dyn_cast<llvm::ICmpInst>(&instruction)) {
    build_comparison(*compare);
  } else if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
    build_select(*select);
  } else if (llvm::isa<llvm::FreezeInst>(instruction)) {
    ops_[&instruction] = value(*instruction.getOperand(0));
  } else if (std::optional<BitField> field = bit_field(instruction)) {
    Op op = new_op(OpKind::kExtract, instruction);
    op.operands = {value(*field->of)};
    op.low = field->low;
    ops_[&instruction] = add(std::move(op));
  } else if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
    build_intrinsic(*intrinsic);
  } else {
    build_plain(instruction);
  }
}

void ProcessBuilder::build_plain(llvm::Instruction& instruction) {
  static const std::map<unsigned, OpKind> kinds = {
      {llvm::Instruction::PHI, OpKind::kPhi},    {llvm::Instruction::Add, OpKind::kAdd},
      {llvm::Instruction::Sub, OpKind::kSub},    {llvm::Instruction::Mul, OpKind::kMul},
      {llvm::Instruction::And, OpKind::kAnd},    {llvm::Instruction::Or, OpKind::kOr},
      {llvm::Instruction::Xor, OpKind::kXor},    {llvm::Instruction::Shl, OpKind::kShl},
      {llvm::Instruction::LShr, OpKind::kLShr},  {llvm::Instruction::AShr, OpKind::kAShr},
      {llvm::Instruction::ZExt, OpKind::kZExt},  {llvm::Instruction::SExt, OpKind::kSExt},
      {llvm::Instruction::Trunc, OpKind::kTrunc}};
  auto kind = kinds.find(instruction.getOpcode());
  if (kind == kinds.end() || !instruction.getType()->isIntegerTy()) {
    lowering_.error(instruction.getDebugLoc(),
                    std::string("'") + instruction.getOpcodeName() + "' is outside of what kernels can do");
    ops_[&instruction] = constant(llvm::APInt(1, 0));
    return;
  }
  Op op = new_op(kind->second, instruction);
  if (kind->second != OpKind::kPhi) {
    for (llvm::Value* operand : instruction.operands()) {
      op.operands.push_back(value(*operand));
    }
  }
  ops_[&instruction] = add(std::move(op));
}

void ProcessBuilder::build_comparison(llvm::ICmpInst& compare) {
  llvm::CmpInst::Predicate predicate = compare.getPredicate();
  const bool swaps = predicate == llvm::CmpInst::ICMP_UGT || predicate == llvm::CmpInst::ICMP_UGE ||
                     predicate == llvm::CmpInst::ICMP_SGT || predicate == llvm::CmpInst::ICMP_SGE;
  predicate = swaps ? llvm::CmpInst::getSwappedPredicate(predicate) : predicate;
  static const std::map<llvm::CmpInst::Predicate, OpKind> kinds = {
      {llvm::CmpInst::ICMP_EQ, OpKind::kEq},   {llvm::CmpInst::ICMP_NE, OpKind::kNe},
      {llvm::CmpInst::ICMP_ULT, OpKind::kUlt}, {llvm::CmpInst::ICMP_ULE, OpKind::kUle},
      {llvm::CmpInst::ICMP_SLT, OpKind::kSlt}, {llvm::CmpInst::ICMP_SLE, OpKind::kSle}};
  if (!compare.getOperand(0)->getType()->isIntegerTy()) {
    lowering_.error(compare.getDebugLoc(), "pointers can't be compared; compare indices");
    ops_[&compare] = constant(llvm::APInt(1, 0));
    return;
  }
  Op op = new_op(kinds.at(predicate), compare);
  op.operands = {value(*compare.getOperand(swaps ? 1 : 0)), value(*compare.getOperand(swaps ? 0 : 1))};
  ops_[&compare] = add(std::move(op));
}

void ProcessBuilder::build_select(llvm::SelectInst& select) {
  const bool is_and = is_constant_bool(select.getFalseValue(), false);
  const bool is_or = is_constant_bool(select.getTrueValue(), true);
  Op op = new_op(is_and ? OpKind::kAnd : is_or ? OpKind::kOr : OpKind::kSelect, select);
  op.operands = {value(*select.getCondition())};
  if (!is_or) {
    op.operands.push_back(value(*select.getTrueValue()));
  }
  if (!is_and) {
    op.operands.push_back(value(*select.getFalseValue()));
  }
  ops_[&select] = add(std::move(op));
}

void ProcessBuilder::build_intrinsic(llvm::IntrinsicInst& intrinsic) {
  OpKind kind = OpKind::kCtpop;
  switch (intrinsic.getIntrinsicID()) {
    case llvm::Intrinsic::ctlz:
      kind = OpKind::kCtlz;
      break;
    case llvm::Intrinsic::cttz:
      kind = OpKind::kCttz;
      break;
    case llvm::Intrinsic::ctpop:
      break;
    default:
      lowering_.error(intrinsic.getDebugLoc(),
                      "'" + intrinsic.getCalledFunction()->getName().str() + "' is outside of what kernels can do");
  }
  Op op = new_op(kind, intrinsic);
  op.operands = {value(*intrinsic.getArgOperand(0))};
  ops_[&intrinsic] = add(std::move(op));
}

void ProcessBuilder::finish_phis(llvm::BasicBlock& block) {
  for (llvm::PHINode& phi : block.phis()) {
    if (!live_.contains(&phi)) {
      continue;
    }
    const OpId id = ops_.at(&phi);
    for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i) {
      const OpId operand = value(*phi.getIncomingValue(i));  // may add a constant: before the reference
      Op& op = process_.ops[index(id)];
      op.operands.push_back(operand);
      op.incoming.push_back(blocks_.at(phi.getIncomingBlock(i)));
    }
  }
}

void ProcessBuilder::finish_terminator(llvm::BasicBlock& block) {
  Terminator result;
  llvm::Instruction* end = block.getTerminator();
  result.location = lowering_.location(end->getDebugLoc());
  if (auto* branch = llvm::dyn_cast<llvm::BranchInst>(end)) {
    result.if_true = blocks_.at(branch->getSuccessor(0));
    result.kind = TerminatorKind::kJump;
    if (branch->isConditional() && branch->getSuccessor(0) != branch->getSuccessor(1)) {
      result.kind = TerminatorKind::kBranch;
      result.condition = value(*branch->getCondition());
      result.if_false = blocks_.at(branch->getSuccessor(1));
    }
  }
  process_.blocks[index(current_)].terminator = result;
}

void build_process(Lowering& lowering, const ProcessPlan& plan, Process& process) {
  Analyses analyses(*plan.function);
  ProcessBuilder(lowering, plan, analyses, process).run();
}

}  // namespace sluice::hlsc
