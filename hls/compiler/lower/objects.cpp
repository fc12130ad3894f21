// Pass 9: hands the pragmas about objects to the objects, now that inlining has shown which they are.
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/InstIterator.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

class ObjectReader {
 public:
  ObjectReader(Lowering& lowering, const PragmaMarker& marker, const llvm::DebugLoc& place)
      : lowering_(lowering), marker_(marker), place_(place) {}

  void read(ObjectDirectives& object) {
    const std::string& directive = marker_.directive;
    if (directive == "array_partition") {
      partition(object);
    } else if (directive == "array_reshape") {
      lowering_.warning(
          place_, "ARRAY_RESHAPE is lowered as ARRAY_PARTITION: as many elements a cycle, in memories side by side");
      partition(object);
    } else if (directive == "resource") {
      resource(object);
    } else if (directive == "bind_storage") {
      object.storage_type = word("type");
      object.storage_impl = word("impl");
    } else if (directive == "stream") {
      object.depth = number("depth", 2);
      if (*object.depth < 1) {
        lowering_.error(place_, "a stream's depth must be 1 or more");
      }
    } else {
      dependence(object);
    }
  }

 private:
  std::string word(const std::string& option) const {
    auto found = marker_.words.find(option);
    return found == marker_.words.end() ? std::string() : found->second;
  }

  int number(const std::string& option, int otherwise) const {
    auto found = marker_.numbers.find(option);
    return found == marker_.numbers.end() ? otherwise : found->second;
  }

  void partition(ObjectDirectives& object) {
    if (marker_.words.contains("off")) {
      return;
    }
    Partition result;
    std::string type = word("type");
    result.kind = type == "cyclic"  ? Partition::Kind::kCyclic
                  : type == "block" ? Partition::Kind::kBlock
                                    : Partition::Kind::kComplete;
    result.factor = static_cast<unsigned>(std::max(0, number("factor", 0)));
    result.dimension = static_cast<unsigned>(std::max(0, number("dim", 1)));
    if (result.kind != Partition::Kind::kComplete && result.factor < 2) {
      lowering_.error(place_, "ARRAY_PARTITION " + type + " needs factor=N with N of 2 or more");
      return;
    }
    object.partitions.push_back(result);
  }

  // What RESOURCE's cores say of memories: RAM_2P_BRAM is type ram_2p in bram.
  void resource(ObjectDirectives& object) {
    const std::string core = llvm::StringRef(word("core")).lower();
    if (!llvm::StringRef(core).starts_with("ram_") && !llvm::StringRef(core).starts_with("rom_")) {
      lowering_.warning(place_, "RESOURCE core=" + word("core") + " is ignored: it is no memory's");
      return;
    }
    const llvm::StringRef kind = llvm::StringRef(core).take_front(4);
    auto [ports, cell] = llvm::StringRef(core).drop_front(4).split('_');
    if (ports != "1p" && ports != "2p" && ports != "s2p" && ports != "t2p" && ports != "np") {
      lowering_.error(place_, "RESOURCE core=" + word("core") + ": no such memory here; write BIND_STORAGE");
      return;
    }
    object.storage_type = (kind + ports).str();
    object.storage_impl = cell == "bram" || cell == "lutram" || cell == "uram" ? cell.str() : "";
  }

  void dependence(ObjectDirectives& object) {
    DependenceDirective result;
    result.inter = word("type") != "intra";
    result.dependent = word("dependent") == "true";
    std::string direction = word("direction");
    if (!direction.empty()) {
      result.kind = direction == "raw"   ? DependenceKind::kReadAfterWrite
                    : direction == "war" ? DependenceKind::kWriteAfterRead
                                         : DependenceKind::kWriteAfterWrite;
    }
    result.distance = number("distance", 0);
    object.dependences.push_back(result);
  }

  Lowering& lowering_;
  const PragmaMarker& marker_;
  llvm::DebugLoc place_;
};

}  // namespace

void attach_objects(Lowering& lowering, llvm::Function& function) {
  lowering.objects.clear();
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
    if (call_kind(instruction) != CallKind::kObject) {
      continue;
    }
    auto& call = llvm::cast<llvm::CallInst>(instruction);
    auto index = llvm::cast<llvm::ConstantInt>(call.getArgOperand(0))->getZExtValue();
    const auto& [marker, place] = lowering.object_markers[index];
    llvm::Value* object = call.getArgOperand(1)->stripInBoundsOffsets();
    bool is_object = llvm::isa<llvm::AllocaInst>(object) || llvm::isa<llvm::GlobalVariable>(object) ||
                     llvm::isa<llvm::Argument>(object);
    if (!is_object) {
      lowering.error(place, llvm::StringRef(marker.directive).upper() +
                                " can't be applied: which array it means is not known when compiling");
    } else {
      if (!object->hasName()) {
        object->setName("array");
      }
      ObjectReader(lowering, marker, place).read(lowering.objects[object_key(*object)]);
    }
    call.eraseFromParent();
  }
}

}  // namespace sluice::hlsc
