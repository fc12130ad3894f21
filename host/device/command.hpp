// The command set: descriptors, operand blocks, registers and limits of a Sluice card.
//
// Purpose: the one definition that host, hls and (through the generated rtl/pkg/sluice_pkg.sv) rtl share;
// docs/device.md
//   explains it. This is the only header under host/ that hls/ and sim/ may include.
// Layout: everything is little-endian and made of 32-bit words; 64-bit quantities are split in _lo and _hi. All
//   structures are plain and have the size stated by the static_asserts below.
// Ownership, threading: constants and plain data only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::device {

// ---- Identity and limits ---------------------------------------------------------------------------------------

inline constexpr std::uint32_t kMagic = 0x43554C53;  // "SLUC"
inline constexpr std::uint32_t kCommandVersion = 2;
inline constexpr std::uint32_t kNumericsVersion = 2;

inline constexpr std::uint32_t kLineBytes = 128;      // unit of card memory and vector memory
inline constexpr std::uint32_t kBlock = 32;           // elements a quantisation block; keys a canonical block
inline constexpr std::uint32_t kMaxTokens = 4;        // tokens (lanes, vector-memory banks) a compute command
inline constexpr std::uint32_t kVectorLines = 4096;   // lines of vector memory a bank
inline constexpr std::uint32_t kMaxColumns = 131072;  // of a linear (numerics.md, section 5)
inline constexpr std::uint32_t kMaxRows = 8192;       // groups * rows of one linear (result buffer)
inline constexpr std::uint32_t kMaxExperts = 512;
inline constexpr std::uint32_t kMaxTopK = 16;
inline constexpr std::uint32_t kMaxTerms = 32;    // of a combine
inline constexpr std::uint32_t kMaxSlots = 4096;  // entries of the slot table
inline constexpr std::uint32_t kMaxLayers = 256;
inline constexpr std::uint32_t kSemaphores = 32;  // semaphore 0 is 'none'
inline constexpr std::uint32_t kSlotBytes = 512;  // of a command ring
inline constexpr std::uint32_t kCompletionBytes = 64;
inline constexpr std::uint32_t kPageTokens = 32;    // tokens a KV page
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;  // 'no such operand' for a line address
inline constexpr std::uint32_t kDefaultTimeoutCycles = 1u << 26;

// ---- Commands --------------------------------------------------------------------------------------------------

enum class Queue : std::uint32_t { kLoad = 0, kCompute = 1 };
inline constexpr std::uint32_t kQueues = 2;

enum class Opcode : std::uint16_t {
  kNop = 0,          // also 'signal': the header's semaphores do the work; either queue
  kLoad = 1,         // host memory -> card memory; load queue
  kStore = 2,        // card memory -> host memory; load queue
  kPublish = 3,      // expert slot becomes ready; load queue
  kRetire = 4,       // expert slot becomes empty; load queue
  kImport = 16,      // host memory -> vector memory; compute queue, as all below
  kExport = 17,      // vector memory -> host memory
  kLinear = 18,      // numerics.md, section 5
  kExperts = 19,     // gate-up linear, activation, down linear of every selected expert
  kQuantise = 32,    // section 3
  kNorm = 33,        // section 6.3
  kRope = 34,        // section 6.5
  kActivation = 35,  // section 6.4
  kRoute = 36,       // section 6.6
  kKvAppend = 37,    // section 6.7
  kAttend = 38,      // section 6.8
  kCombine = 39,     // section 6.1; also 'add'
  kBias = 48,        // section 5, inside kLinear and kExperts only: no command of its own
};

inline constexpr std::uint8_t kFlagComplete = 1;   // write a completion also when all went well
inline constexpr std::uint8_t kFlagInterrupt = 2;  // raise the interrupt with the completion

// First 64 bytes of a ring slot.
struct CommandHeader {
  std::uint16_t opcode = 0;
  std::uint8_t version = kCommandVersion;
  std::uint8_t flags = 0;
  std::uint32_t context = 0;
  std::uint32_t wait_semaphore = 0;  // wait until semaphore >= wait_value; 0: do not wait
  std::uint32_t wait_value = 0;
  std::uint32_t signal_semaphore = 0;  // set to signal_value when the command has ended; 0: none
  std::uint32_t signal_value = 0;
  std::uint32_t operand_lo = 0;  // host address of the operand block; 0: the block is in the slot (all that v1 takes)
  std::uint32_t operand_hi = 0;
  std::uint32_t timeout_cycles = kDefaultTimeoutCycles;  // of every wait of this command
  std::uint32_t tag_lo = 0;                              // returned in the completion
  std::uint32_t tag_hi = 0;
  std::uint32_t reserved[5] = {};  // 0
};
static_assert(sizeof(CommandHeader) == 64);

// Last 128 bytes of a slot: one entry a token (a lane). Lengths are never card state.
struct TokenEntry {
  std::uint32_t sequence = 0;
  std::uint32_t position = 0;
  std::uint32_t page_table_lo = 0;  // card address of 32-bit line numbers, one a page of kPageTokens tokens
  std::uint32_t page_table_hi = 0;
  std::uint32_t ancestor_mask_lo = 0;  // reserved for speculation; 0
  std::uint32_t ancestor_mask_hi = 0;
  std::uint32_t adapter = 0;   // reserved for fine-tuned adapters; 0
  std::uint32_t reserved = 0;  // 0
};
static_assert(sizeof(TokenEntry) == 32);

// ---- Operand blocks: 320 bytes each, the unused rest zero -------------------------------------------------------
// `*_line` is a line of vector memory, the same in the bank of every token; kNone leaves an output out.
// `*_address_lo/_hi` is a byte address in card memory, a multiple of kLineBytes.

// kLoad, kStore. bytes: a multiple of 64 up to 2^30; both addresses multiples of 64 (host) and kLineBytes (card).
struct CopyOperand {
  std::uint32_t host_address_lo = 0, host_address_hi = 0;
  std::uint32_t card_address_lo = 0, card_address_hi = 0;
  std::uint32_t bytes = 0;
};

// kPublish, kRetire. What the slot table knows of an expert: where it is and how its scales are to be read.
// The extent is the gate-up matrix ([2 * intermediate, hidden]) and, at down_address, the down matrix.
struct SlotOperand {
  std::uint32_t layer = 0;
  std::uint32_t expert = 0;
  std::uint32_t gate_up_address_lo = 0, gate_up_address_hi = 0;
  std::uint32_t down_address_lo = 0, down_address_hi = 0;
  std::uint32_t gate_up_scale_max = 0;  // W
  std::int32_t gate_up_scale_bias = 0;  // c
  std::uint32_t down_scale_max = 0;
  std::int32_t down_scale_bias = 0;
  std::uint32_t generation = 0;
};

// kImport, kExport: whole lines between host memory and one bank of vector memory.
struct MoveOperand {
  std::uint32_t host_address_lo = 0, host_address_hi = 0;  // a multiple of 64
  std::uint32_t bank = 0;
  std::uint32_t line = 0;
  std::uint32_t lines = 0;
};

enum class Format : std::uint32_t { kMxInt8 = 0, kInt4 = 1, kMxFp4 = 2, kMxInt16 = 3 };

// kLinear.
struct LinearOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t input_line = 0;      // quantised vector: q16 for kMxInt16, else q8
  std::uint32_t input_elements = 0;  // of that whole vector: fixes where its parts lie
  std::uint32_t column_offset = 0;   // multiple of kBlock, as columns and input_stride
  std::uint32_t columns = 0;
  std::uint32_t rows = 0;  // a group
  std::uint32_t groups = 1;
  std::uint32_t input_stride = 0;  // columns from one group's input to the next
  std::uint32_t output_line = 0;   // vector of groups * rows elements
  std::uint32_t format = 0;
  std::uint32_t scale_max = 0;  // W, 0..255
  std::int32_t scale_bias = 0;  // c, -1024..1023
  std::uint32_t weight_address_lo = 0, weight_address_hi = 0;
  std::uint32_t rows_stored = 0;     // rows and columns of the stored matrix (a group); v1: as used, rounded up
  std::uint32_t columns_stored = 0;  // to 32
  std::uint32_t bias_address_lo = 0, bias_address_hi = 0;  // a vector; 0: no bias
};

// kExperts.
struct ExpertsOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t layer = 0;
  std::uint32_t top_k = 0;
  std::uint32_t route_line = 0;  // result of kRoute
  std::uint32_t input_line = 0;  // q8 vector of hidden elements
  std::uint32_t hidden = 0;
  std::uint32_t intermediate = 0;
  std::uint32_t format = 0;
  std::uint32_t gate_up_line = 0;    // scratch: vector of 2 * intermediate
  std::uint32_t activated_line = 0;  // scratch: q8 vector of intermediate
  std::uint32_t output_line = 0;     // expert output of rank k at output_line + k * output_stride
  std::uint32_t output_stride = 0;
  std::uint32_t activation = 0;  // as ActivationOperand
  std::uint32_t limit = 0;
  std::uint32_t scale = 0;
  std::uint32_t gate_up_bias_offset = 0;  // bytes from an expert's gate-up matrix to its bias, a vector; 0: no bias
  std::uint32_t down_bias_offset = 0;     // the same for its down matrix
};

// kBias: adds the vector at bias_address to the vector at line[t] of every lane t of token_mask.
struct BiasOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t elements = 0;
  std::uint32_t bias_address_lo = 0, bias_address_hi = 0;
  std::uint32_t token_mask = 0;
  std::uint32_t line[4] = {};
};

// Outputs that most unit commands can write in up to three forms at once.
struct Outputs {
  std::uint32_t vector_line = kNone;
  std::uint32_t q8_line = kNone;
  std::uint32_t q16_line = kNone;
};

// kQuantise: slice [offset, offset + elements) of a vector, as q8 and/or q16 (out.vector_line = kNone).
struct QuantiseOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t input_line = 0;
  std::uint32_t offset = 0;
  std::uint32_t elements = 0;
  Outputs out;
};

struct NormOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t input_line = 0;
  std::uint32_t offset = 0;  // slice of the input vector, multiple of kBlock
  std::uint32_t elements = 0;
  Outputs out;
  std::uint32_t gamma_address_lo = 0, gamma_address_hi = 0;  // int16 [elements]
  std::int32_t gamma_exponent = 0;
  std::uint32_t epsilon_mantissa = 0;
  std::int32_t epsilon_exponent = 0;
  std::uint32_t root_n = 0;  // isqrt(elements * 2^40)
};

struct RopeOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t input_line = 0;
  std::uint32_t offset = 0;
  std::uint32_t heads = 0;
  std::uint32_t dim = 0;  // a head; even, heads * dim a multiple of kBlock
  Outputs out;
  std::uint32_t increments_address_lo = 0, increments_address_hi = 0;  // uint64 [dim / 2]
  std::uint32_t amplitude = 1u << 30;
};

enum class Activation : std::uint32_t { kSwiglu = 0, kSwigluClamped = 1 };

struct ActivationOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t input_line = 0;
  std::uint32_t intermediate = 0;  // results; the input has twice as many
  Outputs out;
  std::uint32_t activation = 0;
  std::uint32_t limit = 0;         // kSwigluClamped: Q16, > 0
  std::uint32_t scale = 0;         // kSwigluClamped: Q28
  std::uint32_t token_mask = 0xF;  // lanes to do; the experts sequencer uses it
};

enum class RouteRule : std::uint32_t { kSigmoidBias = 0, kSoftmaxTopK = 1, kTopKSoftmax = 2, kSigmoidTop1 = 3 };

// Result line: words 0..15 the selected experts in rank order, words 16..31 their weights (Q24); unused words 0.
struct RouteOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t logits_line = 0;
  std::uint32_t output_line = 0;
  std::uint32_t experts = 0;
  std::uint32_t top_k = 0;
  std::uint32_t groups = 1;
  std::uint32_t groups_kept = 1;
  std::uint32_t rule = 0;
  std::uint32_t normalise = 0;  // 1: by the sum over the selected (kSoftmaxTopK: 0 is by the sum over all)
  std::uint32_t scale = 1u << 24;
  std::uint32_t bias_address_lo = 0, bias_address_hi = 0;  // kSigmoidBias: int32 Q24 [experts]
};

enum class AttentionKind : std::uint32_t { kMla = 0, kGqa = 1 };

// Where a layer's KV entries lie: entry of position p at line page_table[p / 32] + layer_line + (p % 32) *
// entry_lines. An entry is its int8 elements, then one exponent byte a block, then zeros.
struct KvAppendOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t kind = 0;
  std::uint32_t first_line = 0;  // MLA: latent; GQA: K
  std::uint32_t first_elements = 0;
  std::uint32_t second_line = 0;  // MLA: rope part; GQA: V
  std::uint32_t second_elements = 0;
  std::uint32_t layer_line = 0;
  std::uint32_t entry_lines = 0;
};

struct AttendOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t kind = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;         // GQA
  std::uint32_t query_line = 0;       // MLA: absorbed query [heads, value_dim]; GQA: [heads, key_dim]
  std::uint32_t query_rope_line = 0;  // MLA: [heads, rope_dim]
  std::uint32_t value_dim = 0;        // MLA: kv_lora; GQA: head dim
  std::uint32_t rope_dim = 0;         // MLA
  std::uint32_t window = 0;           // 0: all earlier positions
  std::uint32_t score_mul = 0;
  std::uint32_t score_shift = 0;
  std::uint32_t sink_address_lo = 0, sink_address_hi = 0;  // int32 Q16 [heads]; has_sinks says whether
  std::uint32_t has_sinks = 0;
  std::uint32_t layer_line = 0;
  std::uint32_t entry_lines = 0;
  Outputs out;
};

// out = sum of routed terms (vector at terms_line + k * terms_stride, weight of rank k) and plain terms (weight 1).
struct CombineOperand {
  std::uint32_t num_tokens = 0;
  std::uint32_t elements = 0;
  std::uint32_t routed = 0;  // number of routed terms, 0..kMaxTopK
  std::uint32_t route_line = kNone;
  std::uint32_t terms_line = 0;
  std::uint32_t terms_stride = 0;
  std::uint32_t plain = 0;  // number of plain terms, 0..4
  std::uint32_t plain_line[4] = {};
  Outputs out;
};

inline constexpr std::uint32_t kOperandBytes = 320;

// One slot of a command ring.
struct Command {
  CommandHeader header;
  std::uint8_t operand[kOperandBytes] = {};
  TokenEntry tokens[kMaxTokens];
};
static_assert(sizeof(Command) == kSlotBytes);

// ---- Completions -----------------------------------------------------------------------------------------------

enum class Fault : std::uint32_t {
  kNone = 0,
  kBadOpcode = 1,  // unknown, or not of this queue
  kBadVersion = 2,
  kBadOperand = 3,   // detail: index of the first 32-bit word of the operand block at fault
  kBadHeader = 4,    // detail: index of the header word
  kTimeout = 5,      // a semaphore, memory or the link did not answer in time
  kNotResident = 6,  // detail: layer << 16 | expert
  kBusError = 7,
  kBadToken = 8,  // detail: index of the token-table word
};

struct Completion {
  std::uint32_t tag_lo = 0, tag_hi = 0;
  std::uint32_t fault = 0;
  std::uint32_t detail = 0;
  std::uint32_t queue = 0;
  std::uint32_t sequence = 0;  // counts from 1; the host sees a new completion by it
  std::uint32_t cycle_lo = 0, cycle_hi = 0;
  std::uint32_t reserved[8] = {};
};
static_assert(sizeof(Completion) == kCompletionBytes);

// ---- Registers (AXI4-Lite, byte offsets) -------------------------------------------------------------------------

enum class Register : std::uint32_t {
  kMagic = 0x000,
  kVersion = 0x004,
  kCommandSetHash = 0x008,
  kInfo = 0x00C,      // bit 0: completions must be polled in card memory (never in this card)
  kGeometry = 0x010,  // channels [7:0], lanes [15:8], weights a cycle at 8 bit [31:16]
  kVectorLines = 0x014,
  kMemoryMib = 0x018,
  kControl = 0x020,  // bit 0: enable queues; bit 1: reset queues, semaphores, slots and faults (self-clearing)
  kStatus = 0x024,   // bits [1:0]: queue q has stopped on a fault
  kInterruptEnable = 0x028,
  kRing = 0x100,      // queue q at + 0x40 * q: words RingRegister
  kCounters = 0x200,  // 64-bit counters, low word first; reading the low word latches the high one
};
enum class RingRegister : std::uint32_t {
  kBaseLo = 0x00,
  kBaseHi = 0x04,
  kSizeLog2 = 0x08,  // slots; ring base aligned to kSlotBytes
  kTail = 0x0C,      // doorbell: number of commands ever submitted, mod 2^32
  kHead = 0x10,      // number of commands ever ended
  kCompletionLo = 0x14,
  kCompletionHi = 0x18,
  kCompletionSizeLog2 = 0x1C,
};
inline constexpr std::uint32_t kRingStride = 0x40;

enum class Counter : std::uint32_t {
  kCycles = 0,
  kCommands = 1,           // ended, both queues
  kEngineBusy = 2,         // cycles with a linear in progress
  kEngineMac = 3,          // cycles in which the multipliers took a weight line
  kEngineWeightLines = 4,  // lines of card memory taken by the engine
  kEngineStallMemory = 5,  // engine ready, no weight line there
  kUnitBusy = 6,           // cycles of the behavioural unit (not RTL yet; modelled)
  kMemoryReadLines = 7,
  kMemoryWriteLines = 8,
  kHostReadBytes = 9,  // bytes over the host link, commands included
  kHostWriteBytes = 10,
  kMacLanes = 11,  // sum over kEngineMac cycles of the lanes in use
};
inline constexpr std::uint32_t kCounters = 12;

// FNV-1a over the versions and the sizes above; a host and a card that differ refuse each other.
constexpr std::uint32_t command_set_hash() {
  std::uint32_t hash = 2166136261u;
  const std::uint32_t words[] = {kCommandVersion,
                                 kNumericsVersion,
                                 kLineBytes,
                                 kBlock,
                                 kMaxTokens,
                                 kMaxColumns,
                                 kMaxRows,
                                 kMaxExperts,
                                 kMaxTopK,
                                 kMaxTerms,
                                 kMaxSlots,
                                 kSemaphores,
                                 kSlotBytes,
                                 kCompletionBytes,
                                 kPageTokens,
                                 sizeof(LinearOperand),
                                 sizeof(ExpertsOperand),
                                 sizeof(BiasOperand),
                                 sizeof(NormOperand),
                                 sizeof(RopeOperand),
                                 sizeof(RouteOperand),
                                 sizeof(KvAppendOperand),
                                 sizeof(AttendOperand),
                                 sizeof(CombineOperand),
                                 sizeof(ActivationOperand),
                                 sizeof(QuantiseOperand),
                                 sizeof(CopyOperand),
                                 sizeof(SlotOperand),
                                 sizeof(MoveOperand),
                                 kCounters};
  for (const std::uint32_t word : words) {
    for (int byte = 0; byte < 4; ++byte) {
      hash = (hash ^ ((word >> (8 * byte)) & 0xFF)) * 16777619u;
    }
  }
  return hash;
}

// ---- Sizes in lines (docs/device.md, 'Layouts in vector memory' and 'Weight layout') -----------------------------

constexpr std::uint64_t ceil_div(std::uint64_t x, std::uint64_t unit) { return (x + unit - 1) / unit; }

constexpr std::uint64_t vector_data_lines(std::uint64_t elements) { return ceil_div(elements, 32); }
constexpr std::uint64_t vector_lines(std::uint64_t elements) { return 1 + vector_data_lines(elements); }

constexpr std::uint64_t delta_lines(std::uint64_t elements) { return ceil_div(ceil_div(elements, 32), 128); }
constexpr std::uint64_t plane_lines(std::uint64_t elements) { return ceil_div(elements, 128); }
constexpr std::uint64_t q8_lines(std::uint64_t elements) { return 1 + delta_lines(elements) + plane_lines(elements); }
constexpr std::uint64_t q16_lines(std::uint64_t elements) { return q8_lines(elements) + plane_lines(elements); }

// Bytes of a stored matrix: rows and columns of a group, padded to 32.
constexpr std::uint64_t matrix_lines(std::uint64_t rows, std::uint64_t columns, std::uint64_t groups, Format format) {
  const std::uint64_t blocks = ceil_div(columns, 32);
  const std::uint64_t per_block = format == Format::kMxInt8 ? 8 : (format == Format::kMxInt16 ? 16 : 4);
  return groups * ceil_div(rows, 32) * (ceil_div(blocks, 4) + blocks * per_block);
}

}  // namespace sluice::device
