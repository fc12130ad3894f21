// Pass 13, third step: the memories that a process has, with their banks, kind, ports and contents.
//
// ARRAY_PARTITION complete in all dimensions makes registers; cyclic, block, or complete in some dimensions makes
// banks. Without BIND_STORAGE an array of at most 1,024 bits is LUTRAM (a read port and a port for either), a larger
// one block RAM (two ports for either), a constant one a ROM of two ports, a scalar registers.
#include "hls/compiler/lower/memories.hpp"

#include <llvm/Support/MathExtras.h>

#include <algorithm>
#include <array>
#include <set>

#include "hls/compiler/base/check.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::uint64_t kSmallBits = 1024;
constexpr std::uint64_t kMostRegisters = 16384;
constexpr int kAnyNumber = 1024;  // ports of rom_np

struct StorageType {
  const char* name;
  Ports ports;
  bool is_rom;
};

constexpr std::array<StorageType, 7> kStorageTypes = {{
    {"ram_1p", {.read = 0, .write = 0, .read_write = 1}, false},
    {"ram_2p", {.read = 1, .write = 0, .read_write = 1}, false},
    {"ram_s2p", {.read = 1, .write = 1, .read_write = 0}, false},
    {"ram_t2p", {.read = 0, .write = 0, .read_write = 2}, false},
    {"rom_1p", {.read = 1, .write = 0, .read_write = 0}, true},
    {"rom_2p", {.read = 2, .write = 0, .read_write = 0}, true},
    {"rom_np", {.read = kAnyNumber, .write = 0, .read_write = 0}, true},
}};

class MemoryMaker {
 public:
  MemoryMaker(Lowering& lowering, ProcessMemories& memories, const llvm::DataLayout& layout, Process& process)
      : lowering_(lowering), memories_(memories), layout_(layout), process_(process) {}

  void run() {
    for (const Access& access : memories_.accesses) {
      for (const AccessPlace& place : access.places) {
        (llvm::isa<llvm::StoreInst>(access.instruction) ? written_ : used_).insert({place.object, place.element.leaf});
        used_.insert({place.object, place.element.leaf});
      }
    }
    for (std::size_t object = 0; object < memories_.objects.size(); ++object) {
      for (std::size_t leaf = 0; leaf < memories_.objects[object].layout.size(); ++leaf) {
        bool is_external = memories_.objects[object].parameter != nullptr;
        if (used_.contains({object, leaf}) || is_external) {
          make(object, leaf);
        }
      }
    }
  }

 private:
  void make(std::size_t object_number, std::size_t leaf_number) {
    ArrayObject& object = memories_.objects[object_number];
    const Leaf& leaf = object.layout[leaf_number];
    LeafMemories& result = object.leaves[leaf_number];
    if (object.global != nullptr && !object.global->isConstant()) {
      const std::string& owner = lowering_.static_owners.emplace(object.global, process_.name).first->second;
      if (owner != process_.name) {
        report_shared(object, owner);
      }
    }
    partition(object, leaf, result);
    Memory memory;
    memory.location = lowering_.location(object.location);
    memory.width = result.width;
    memory.depth = result.bank_depth;
    memory.is_static = object.global != nullptr;
    choose_storage(object, leaf, result, written_.contains({object_number, leaf_number}), memory);
    std::uint64_t banks = 1;
    for (const BankedDimension& dimension : result.dimensions) {
      banks *= dimension.banks;
    }
    for (std::uint64_t bank = 0; bank < banks; ++bank) {
      Memory copy = memory;
      copy.name = unique_name(object.name + leaf.name + (banks > 1 ? "_" + std::to_string(bank) : ""));
      if (object.global != nullptr) {
        copy.initial = contents(object, leaf, result, bank);
      }
      if (object.parameter != nullptr) {
        copy.external = external(object, leaf, result, bank, copy);
      }
      result.banks.push_back(static_cast<MemoryId>(process_.memories.size()));
      process_.memories.push_back(std::move(copy));
      lowering_.memory_directives.push_back(object.directives == nullptr ? ObjectDirectives() : *object.directives);
    }
  }

  void report_shared(const ArrayObject& object, const std::string& owner) {
    Diagnostic diagnostic{.severity = Severity::kError,
                          .file = {},
                          .line = 0,
                          .column = 0,
                          .message = "static '" + object.name + "' is used by the processes '" + owner + "' and '" +
                                     process_.name + "'; processes share streams only"};
    if (auto named = lowering_.compiled.globals.find(object.global->getName().str());
        named != lowering_.compiled.globals.end()) {
      diagnostic.file = named->second.position.file;
      diagnostic.line = named->second.position.line;
      diagnostic.column = named->second.position.column;
    }
    lowering_.diagnostics.add(std::move(diagnostic));
  }

  int external(const ArrayObject& object, const Leaf& leaf, const LeafMemories& banks, std::uint64_t bank,
               const Memory& memory) {
    ArrayArgument argument{.name = memory.name,
                           .width = memory.width,
                           .depth = memory.depth,
                           .parameter = static_cast<int>(object.parameter - lowering_.compiled.parameters.data()),
                           .low = leaf.packed_low,
                           .dimensions = {}};
    for (std::size_t i = banks.dimensions.size(); i-- > 0;) {
      const BankedDimension& dimension = banks.dimensions[i];
      argument.dimensions.insert(argument.dimensions.begin(),
                                 {.count = dimension.count,
                                  .banks = dimension.banks,
                                  .per_bank = dimension.per_bank,
                                  .bank = bank % dimension.banks,
                                  .is_cyclic = dimension.kind == Partition::Kind::kCyclic});
      bank /= dimension.banks;
    }
    std::vector<ArrayArgument>& all = lowering_.kernel.array_arguments;
    all.push_back(std::move(argument));
    return static_cast<int>(all.size()) - 1;
  }

  void partition(const ArrayObject& object, const Leaf& leaf, LeafMemories& result) {
    for (const Dimension& dimension : leaf.dimensions) {
      result.dimensions.push_back(
          {.kind = Partition::Kind::kBlock, .count = dimension.count, .banks = 1, .per_bank = dimension.count});
    }
    if (object.directives != nullptr) {
      for (const Partition& wanted : object.directives->partitions) {
        apply(object, wanted, result);
      }
    }
    bool all_complete =
        std::ranges::all_of(result.dimensions, [](const BankedDimension& d) { return d.per_bank == 1; });
    bool is_rom_by_storage = object.directives != nullptr && !object.directives->storage_type.empty();
    if (all_complete && object.parameter == nullptr && !is_rom_by_storage) {
      result.is_registers = true;
      for (BankedDimension& dimension : result.dimensions) {
        dimension.banks = 1;
        dimension.per_bank = dimension.count;
      }
    }
    result.bank_depth = 1;
    for (const BankedDimension& dimension : result.dimensions) {
      result.bank_depth *= dimension.per_bank;
    }
  }

  void apply(const ArrayObject& object, const Partition& wanted, LeafMemories& result) {
    if (wanted.dimension > result.dimensions.size()) {
      lowering_.error(object.location, "ARRAY_PARTITION dim=" + std::to_string(wanted.dimension) + ": '" + object.name +
                                           "' has " + std::to_string(result.dimensions.size()) + " dimension(s)");
      return;
    }
    for (std::size_t i = 0; i < result.dimensions.size(); ++i) {
      if (wanted.dimension != 0 && wanted.dimension != i + 1) {
        continue;
      }
      BankedDimension& dimension = result.dimensions[i];
      dimension.kind = wanted.kind;
      dimension.banks = wanted.kind == Partition::Kind::kComplete
                            ? dimension.count
                            : std::min<std::uint64_t>(wanted.factor, dimension.count);
      dimension.per_bank = (dimension.count + dimension.banks - 1) / dimension.banks;
      if (dimension.per_bank == 1) {
        dimension.kind = Partition::Kind::kComplete;
        dimension.banks = dimension.count;
      }
    }
    if (wanted.kind == Partition::Kind::kComplete && result.dimensions.size() == 1 &&
        result.dimensions[0].count > kMostRegisters) {
      lowering_.error(object.location, "ARRAY_PARTITION complete of " + std::to_string(result.dimensions[0].count) +
                                           " elements of '" + object.name + "'; use cyclic or block");
    }
  }

  void choose_storage(const ArrayObject& object, const Leaf& leaf, const LeafMemories& result, bool is_written,
                      Memory& memory) {
    const std::string type = object.directives == nullptr ? "" : object.directives->storage_type;
    const std::string impl = object.directives == nullptr ? "" : object.directives->storage_impl;
    bool is_small = memory.depth * memory.width <= kSmallBits;
    if ((result.is_registers || leaf.dimensions.empty()) && object.parameter == nullptr) {
      memory.kind = MemoryKind::kRegisters;
      return;
    }
    bool is_rom = object.global != nullptr && !is_written;
    memory.kind = is_rom                                             ? MemoryKind::kRom
                  : impl == "bram"                                   ? MemoryKind::kBlockRam
                  : impl == "uram"                                   ? MemoryKind::kUltraRam
                  : impl == "lutram" || (is_small && impl != "bram") ? MemoryKind::kLutRam
                                                                     : MemoryKind::kBlockRam;
    memory.ports = is_rom ? Ports{.read = 2, .write = 0, .read_write = 0}
                   : memory.kind == MemoryKind::kLutRam && object.parameter == nullptr
                       ? Ports{.read = 1, .write = 0, .read_write = 1}
                       : Ports{.read = 0, .write = 0, .read_write = 2};
    auto found =
        std::ranges::find_if(kStorageTypes, [&](const StorageType& candidate) { return type == candidate.name; });
    if (found == kStorageTypes.end()) {
      return;
    }
    if (found->is_rom && is_written) {
      lowering_.error(object.location, "BIND_STORAGE type=" + type + ": '" + object.name + "' is written");
    }
    memory.ports = found->ports;
  }

  // Of a bank, element by element.
  std::vector<llvm::APInt> contents(const ArrayObject& object, const Leaf& leaf, const LeafMemories& result,
                                    std::uint64_t bank) {
    std::vector<llvm::APInt> words(result.bank_depth, llvm::APInt(result.width, 0));
    for (std::uint64_t element = 0; element < leaf.count(); ++element) {
      std::uint64_t rest = element;
      std::uint64_t place_bank = 0;
      std::uint64_t address = 0;
      std::uint64_t bank_stride = 1;
      std::uint64_t stride = 1;
      for (std::size_t i = result.dimensions.size(); i-- > 0;) {
        const BankedDimension& dimension = result.dimensions[i];
        std::uint64_t index = rest % dimension.count;
        rest /= dimension.count;
        bool is_cyclic = dimension.kind == Partition::Kind::kCyclic;
        place_bank += bank_stride * (is_cyclic ? index % dimension.banks : index / dimension.per_bank);
        address += stride * (is_cyclic ? index / dimension.banks : index % dimension.per_bank);
        bank_stride *= dimension.banks;
        stride *= dimension.per_bank;
      }
      if (place_bank == bank) {
        words[address] = initial_value(object, leaf, element, layout_)->trunc(result.width);
      }
    }
    return words;
  }

  std::string unique_name(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; std::ranges::any_of(process_.memories, [&](const Memory& other) { return other.name == name; });
         ++i) {
      name = wanted + "_" + std::to_string(i);
    }
    return name;
  }

  Lowering& lowering_;
  ProcessMemories& memories_;
  const llvm::DataLayout& layout_;
  Process& process_;
  std::set<std::pair<std::size_t, std::size_t>> used_, written_;  // object, leaf
};

}  // namespace

void create_memories(Lowering& lowering, ProcessMemories& memories, const llvm::DataLayout& layout, Process& process) {
  lowering.memory_directives.clear();
  MemoryMaker(lowering, memories, layout, process).run();
}

// A table that became logic, an array whose values were all known.
void drop_unused_memories(Process& process) {
  std::vector<bool> is_used(process.memories.size(), false);
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    is_used[i] = process.memories[i].external >= 0;
  }
  for (const Op& op : process.ops) {
    if (op.memory != MemoryId::kNone) {
      is_used[index(op.memory)] = true;
    }
  }
  std::vector<MemoryId> renumbered;
  std::vector<Memory> kept;
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    renumbered.push_back(static_cast<MemoryId>(kept.size()));
    if (is_used[i]) {
      kept.push_back(std::move(process.memories[i]));
    }
  }
  process.memories = std::move(kept);
  for (Op& op : process.ops) {
    op.memory = op.memory == MemoryId::kNone ? op.memory : renumbered[index(op.memory)];
  }
}

void lower_memories(Lowering& lowering, const ProcessPlan& plan, Process& process) {
  Analyses analyses(*plan.function);
  ProcessMemories memories = find_accesses(lowering, plan, analyses);
  if (lowering.diagnostics.failed()) {
    return;
  }
  choose_widths(memories, *plan.function);
  create_memories(lowering, memories, plan.function->getParent()->getDataLayout(), process);
  if (lowering.diagnostics.failed()) {
    return;
  }
  for (const Access& access : memories.accesses) {
    replace_access(memories, access, analyses.evolution);
  }
}

}  // namespace sluice::hlsc
