// Ports of the kernel from the top's parameters.
#include <llvm/IR/DebugInfoMetadata.h>

#include "hls/compiler/lower/processes.hpp"

namespace sluice::hlsc {

std::vector<PayloadField> payload_of(const PayloadLayout& layout) {
  std::vector<PayloadField> result;
  for (const PackedField& field : layout.fields) {
    result.push_back({.name = field.name, .low = field.low, .width = field.width, .is_signed = field.is_signed});
  }
  return result;
}

namespace {

std::vector<StreamId> add_streams(Lowering& lowering, const Parameter& parameter, const Location& location) {
  std::uint64_t count = 1;
  for (std::uint64_t dimension : parameter.dimensions) {
    count *= dimension;
  }
  std::vector<StreamId> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    Stream stream;
    stream.name = parameter.name + (parameter.dimensions.empty() ? "" : "_" + std::to_string(i));
    stream.location = location;
    stream.width = parameter.layout.width;
    stream.payload = payload_of(parameter.layout);
    result.push_back(static_cast<StreamId>(lowering.kernel.streams.size()));
    lowering.kernel.streams.push_back(std::move(stream));
  }
  return result;
}

}  // namespace

std::vector<ArgumentBinding> bind_parameters(Lowering& lowering, const llvm::Function& top) {
  std::vector<ArgumentBinding> result(top.arg_size());
  Location location;
  if (llvm::DISubprogram* place = top.getSubprogram()) {
    location = lowering.location(llvm::DILocation::get(top.getContext(), place->getLine(), 0, place));
  }
  for (std::size_t i = 0; i < lowering.compiled.parameters.size(); ++i) {
    const Parameter& parameter = lowering.compiled.parameters[i];
    location.line = parameter.line;
    location.column = parameter.column;
    ArgumentBinding binding;
    binding.parameter = static_cast<int>(i);
    switch (parameter.kind) {
      case Parameter::Kind::kStream:
        binding.kind = ArgumentBinding::Kind::kStream;
        binding.streams = add_streams(lowering, parameter, location);
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

}  // namespace sluice::hlsc
