// Pass 5a: which processes a kernel has, and what their arguments are.
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

StreamId add_stream(Lowering& lowering, const Parameter& parameter, const std::string& name) {
  Stream stream;
  stream.name = name;
  stream.width = parameter.layout.width;
  for (const PackedField& field : parameter.layout.fields) {
    stream.payload.push_back({.name = field.name, .low = field.low, .width = field.width, .is_signed = field.is_signed});
  }
  lowering.kernel.streams.push_back(std::move(stream));
  return static_cast<StreamId>(lowering.kernel.streams.size() - 1);
}

std::vector<StreamId> add_streams(Lowering& lowering, const Parameter& parameter) {
  std::uint64_t count = 1;
  for (std::uint64_t dimension : parameter.dimensions) {
    count *= dimension;
  }
  std::vector<StreamId> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    result.push_back(add_stream(lowering, parameter, parameter.name + (parameter.dimensions.empty() ? "" : "_" + std::to_string(i))));
  }
  return result;
}

std::vector<ArgumentBinding> bind_top(Lowering& lowering, llvm::Function& top) {
  std::vector<ArgumentBinding> result(top.arg_size());
  for (std::size_t i = 0; i < lowering.compiled.parameters.size(); ++i) {
    const Parameter& parameter = lowering.compiled.parameters[i];
    ArgumentBinding binding;
    binding.parameter = static_cast<int>(i);
    switch (parameter.kind) {
      case Parameter::Kind::kStream:
        binding.kind = ArgumentBinding::Kind::kStream;
        binding.streams = add_streams(lowering, parameter);
        break;
      case Parameter::Kind::kScalar:
        binding.kind = ArgumentBinding::Kind::kScalar;
        break;
      case Parameter::Kind::kScalarPointer:
        binding.kind = ArgumentBinding::Kind::kOutput;
        break;
      case Parameter::Kind::kArray:
        binding.kind = ArgumentBinding::Kind::kArray;
        break;
    }
    for (int piece = 0; piece < parameter.llvm_arguments; ++piece) {
      binding.piece = piece;
      result[static_cast<std::size_t>(parameter.llvm_argument + piece)] = binding;
    }
  }
  if (lowering.compiled.result && lowering.compiled.result->in_memory) {
    result[static_cast<std::size_t>(lowering.compiled.result->llvm_argument)].kind = ArgumentBinding::Kind::kResult;
  }
  return result;
}

}  // namespace

std::vector<ProcessPlan> plan_processes(Lowering& lowering) {
  llvm::Function& top = *lowering.compiled.module->getFunction(lowering.compiled.top_symbol);
  ProcessPlan plan{.function = &top, .name = {}, .arguments = bind_top(lowering, top)};
  plan.name = lowering.kernel.name;
  top.addFnAttr("sluice-process");
  return {plan};
}

}  // namespace sluice::hlsc
