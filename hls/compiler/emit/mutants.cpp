// Mutants beside the original: each changed text gets a wire of its own, so that its signs and widths hang on nothing
// around it, and ap_mutant_i chooses.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/emit/process.hpp"

namespace sluice::hlsc {
namespace {

std::string patched(const std::string& value, const Patch& patch) {
  return fmt::format("({} {} {})", value, patch.flips ? "^" : "+", literal(patch.by));
}

}  // namespace

unsigned mutant_bits(const EmitOptions& options) { return bits_for(options.mutants.size() + 1); }

template <typename Matches, typename Text>
ProcessText::MutantTexts ProcessText::texts_of(Matches matches, Text text) {
  MutantTexts result;
  for (std::size_t i = 0; i < options.mutants.size(); ++i) {
    const Mutant& mutant = options.mutants[i];
    if (static_cast<std::size_t>(mutant.process) == number && matches(mutant)) {
      result.emplace_back(i + 1, text(mutant));
    }
  }
  return result;
}

std::string ProcessText::is_chosen(std::size_t mutant) {
  return fmt::format("{} == {}", signals.read("ap_mutant_i"), literal(mutant_bits(options), mutant));
}

std::string ProcessText::choose_mutant(const std::string& base, unsigned width, const std::string& original,
                                       const MutantTexts& texts) {
  if (texts.empty()) {
    return original;
  }
  std::string choice;
  for (const auto& [mutant, text] : texts) {
    const std::string wire = declare_wire(fmt::format("{}_mutant{}", base, mutant), width, text);
    choice += fmt::format("{} ? {} : ", is_chosen(mutant), signals.read(wire));
  }
  const std::string wire = declare_wire(base + "_original", width, original);
  return signals.read(declare_wire(base + "_chosen", width, choice + signals.read(wire)));
}

std::string ProcessText::operand(const Written& written, std::size_t number_of_operand) {
  const std::string text = value(written.op.operands.at(number_of_operand), written.when);
  const bool changes = written.patch != nullptr && written.patch->operand == number_of_operand;
  return changes ? patched(text, *written.patch) : text;
}

std::string ProcessText::patched_operand(OpId id, std::size_t number_of_operand, const Moment& when) {
  const OpId from = op(id).operands.at(number_of_operand);
  const std::string original = value(from, when);
  const MutantTexts texts = texts_of(
      [&](const Mutant& mutant) {
        return mutant.place == MutantPlace::kOperand && mutant.op == id && mutant.patch.operand == number_of_operand;
      },
      [&](const Mutant& mutant) { return patched(original, mutant.patch); });
  return choose_mutant(fmt::format("operand{}_{}", index(id), number_of_operand), op(from).width, original, texts);
}

std::string ProcessText::patched_bits(OpId id, std::size_t number_of_operand, const Moment& when, unsigned width) {
  const std::string plain = bits(op(id).operands.at(number_of_operand), when, 0, width);
  const MutantTexts texts = texts_of(
      [&](const Mutant& mutant) {
        return mutant.place == MutantPlace::kOperand && mutant.op == id && mutant.patch.operand == number_of_operand;
      },
      [&](const Mutant& mutant) {
        const Patch& patch = mutant.patch;
        return patched(plain, {patch.operand, patch.flips, patch.by.trunc(width)});
      });
  return choose_mutant(fmt::format("operand{}_{}", index(id), number_of_operand), width, plain, texts);
}

std::string ProcessText::decisions(MutantPlace place, OpId id, const std::string& original) {
  const MutantTexts texts = texts_of([&](const Mutant& mutant) { return mutant.place == place && mutant.op == id; },
                                     [&](const Mutant& mutant) -> std::string {
                                       switch (mutant.decision) {
                                         case Decision::kTrue:
                                           return "1'b1";
                                         case Decision::kFalse:
                                           return "1'b0";
                                         case Decision::kNegated:
                                           return "!" + (original.empty() ? "1'b1" : original);
                                       }
                                       fail("no such decision");
                                     });
  const std::string base = fmt::format("{}{}", place == MutantPlace::kBranch ? "branch" : "predicate", index(id));
  return texts.empty() ? original : choose_mutant(base, 1, original.empty() ? "1'b1" : original, texts);
}

std::string ProcessText::predicate(OpId id, const Moment& when) {
  const OpId decides = op(id).predicate;
  return decisions(MutantPlace::kPredicate, id, decides == OpId::kNone ? "" : value(decides, when));
}

std::string ProcessText::condition(OpId id, const Moment& when) {
  return decisions(MutantPlace::kBranch, id, value(id, when));
}

std::string ProcessText::mutated_value(OpId id, const Moment& when, const std::string& original) {
  const Op& it = op(id);
  const MutantTexts texts = texts_of(
      [&](const Mutant& mutant) {
        const bool changes = mutant.place == MutantPlace::kOperation || mutant.place == MutantPlace::kOperand;
        return changes && mutant.op == id;
      },
      [&](const Mutant& mutant) {
        const bool is_patch = mutant.place == MutantPlace::kOperand;
        const Written written{is_patch ? it : mutant.replacement, when, wire(id) + "_changed",
                              is_patch ? &mutant.patch : nullptr};
        return expression(*this, written);
      });
  return choose_mutant(wire(id), it.width, original, texts);
}

bool ProcessText::is_joined_otherwise(OpId id) const {
  return op(id).kind == OpKind::kConcat && std::ranges::any_of(options.mutants, [&](const Mutant& mutant) {
           const bool changes = mutant.place == MutantPlace::kOperation || mutant.place == MutantPlace::kOperand;
           return changes && static_cast<std::size_t>(mutant.process) == number && mutant.op == id;
         });
}

std::string ProcessText::widened(OpId id, const Moment& when) {
  if (op(id).kind == OpKind::kConcat) {
    return mutated_value(id, when, widen(id, when, false));
  }
  const bool is_signed = op(id).kind == OpKind::kSExt;
  const MutantTexts texts =
      texts_of([&](const Mutant& mutant) { return mutant.place == MutantPlace::kOperation && mutant.op == id; },
               [&](const Mutant&) { return widen(id, when, !is_signed); });
  return choose_mutant(wire(id), op(id).width, widen(id, when, is_signed), texts);
}

std::string ProcessText::mutated_contents(MemoryId memory, const llvm::APInt& contents) {
  const MutantTexts texts = texts_of(
      [&](const Mutant& mutant) { return mutant.place == MutantPlace::kContents && mutant.memory == memory; },
      [&](const Mutant& mutant) {
        const unsigned width = mutant.patch.by.getBitWidth();
        return literal(contents ^
                       mutant.patch.by.zext(contents.getBitWidth()).shl(static_cast<unsigned>(mutant.element) * width));
      });
  std::string choice;
  for (const auto& [mutant, text] : texts) {
    choice += fmt::format("{} ? {} : ", is_chosen(mutant), text);
  }
  return choice + literal(contents);
}

std::string ProcessText::mutated_element(OpId load, std::uint64_t element) {
  const Memory& memory = process.memories[index(op(load).memory)];
  const std::string& storage = memory_names[index(op(load).memory)].storage;
  const auto read = [&](std::uint64_t which) {
    return which < memory.depth ? signals.read(storage, static_cast<unsigned>(which) * memory.width, memory.width)
                                : literal(memory.width, 0);
  };
  const MutantTexts texts =
      texts_of([&](const Mutant& mutant) { return mutant.place == MutantPlace::kOperand && mutant.op == load; },
               [&](const Mutant& mutant) {
                 const llvm::APInt& by = mutant.patch.by;
                 const llvm::APInt from(by.getBitWidth(), element);
                 return read((mutant.patch.flips ? from ^ by : from + by).getLimitedValue());
               });
  return choose_mutant(wire(load), memory.width, read(element), texts);
}

std::string ProcessText::flipped_bits(MemoryId memory, const std::string& address) {
  const unsigned address_bits = bits_for(process.memories[index(memory)].depth);
  std::string result;
  const MutantTexts texts =
      texts_of([&](const Mutant& mutant) { return mutant.place == MutantPlace::kContents && mutant.memory == memory; },
               [&](const Mutant& mutant) {
                 return fmt::format("{} == {} ? {} : '0", address, literal(address_bits, mutant.element),
                                    literal(mutant.patch.by));
               });
  for (const auto& [mutant, text] : texts) {
    result += fmt::format("\n        ^ ({} && {})", is_chosen(mutant), text);
  }
  return result;
}

}  // namespace sluice::hlsc
