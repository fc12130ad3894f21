// KV append and attention as unit commands. Both read page tables first, then what these point to.
#include <algorithm>

#include "hls/attention/attend.hpp"
#include "hls/kv_compress/kv_quantise.hpp"
#include "hls/unit/execution.hpp"

namespace sluice::hls {
namespace {

using namespace device;

// Modelled cost: elements a cycle of an elementwise unit, and the latency of its pipeline.
constexpr u64 kElementsPerCycle = 32;
constexpr u64 kPipelineCycles = 24;
constexpr u64 elementwise_cycles(u64 elements) { return ceil_div(elements, kElementsPerCycle) + kPipelineCycles; }

LineRange page_table_range(const TokenEntry& token, u32 first_page, u32 last_page) {
  const u32 base = static_cast<u32>(join_words(token.page_table_lo, token.page_table_hi) / kLineBytes);
  return {Space::kCard, 0, base + first_page / 32, last_page / 32 - first_page / 32 + 1};
}

// Lines [base + offset, ...), `count` of them. `base` is what a page table says: anything. What ends beyond the last
// 32-bit line number lies past the end of every memory, and must not wrap to its start.
LineRange entry_range(u32 base, u32 layer_line, u64 offset, u32 count) {
  const u64 line = u64{base} + layer_line + offset;
  return {Space::kCard, 0, static_cast<u32>(std::min(line, (u64{1} << 32) - count)), count};
}

class KvAppendUnit : public SingleStage {
 public:
  explicit KvAppendUnit(const Command& command) : o_(operand_of<KvAppendOperand>(command)) {
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      position_[t] = command.tokens[t].position;
      const u32 page = position_[t] / kPageTokens;
      tables_.push_back(want(page_table_range(command.tokens[t], page, page)));
      first_.push_back(want_vector(t, o_.first_line, o_.first_elements));
      second_.push_back(want_vector(t, o_.second_line, o_.second_elements));
    }
  }
  std::vector<LineWrite> finish() override {
    std::vector<LineWrite> writes;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      std::vector<Line> entry(o_.entry_lines, Line{});
      auto* bytes = reinterpret_cast<i8*>(entry.data());
      i8* exponents = bytes + o_.first_elements + o_.second_elements;
      append(vector(first_[t], o_.first_elements), bytes, exponents);
      append(vector(second_[t], o_.second_elements), bytes + o_.first_elements, exponents + o_.first_elements / 32);
      const u32 page = word_of(lines(tables_[t])[0], position_[t] / kPageTokens % 32);
      const u64 offset = u64{position_[t]} % kPageTokens * o_.entry_lines;
      write_lines(Space::kCard, 0, entry_range(page, o_.layer_line, offset, o_.entry_lines).line, entry, writes);
    }
    return writes;
  }
  [[nodiscard]] std::uint64_t modelled_cycles() const override {
    return o_.num_tokens * elementwise_cycles(u64{o_.first_elements} + o_.second_elements);
  }

 private:
  static void append(const VectorValue& value, i8* q, i8* exponents) {
    for (std::size_t b = 0; b < value.m.size() / 32; ++b) {
      exponents[b] = kv_quantise_block(value.m.data() + 32 * b, value.e, q + 32 * b);
    }
  }

  KvAppendOperand o_;
  u32 position_[kMaxTokens] = {};
  std::vector<std::size_t> tables_;
  std::vector<std::size_t> first_;
  std::vector<std::size_t> second_;
};

// Where the parts of a key-value entry lie, in bytes.
struct EntryLayout {
  u32 key_dim;
  u32 value_dim;
  u32 value_offset;     // of the first KV head's value
  u32 exponent_offset;  // of the first key exponent
  u32 value_exponent_offset;
};

class AttendUnit : public UnitExecution {
 public:
  explicit AttendUnit(const Command& command)
      : o_(operand_of<AttendOperand>(command)),
        mla_(o_.kind == static_cast<u32>(AttentionKind::kMla)),
        layout_(layout_of(o_, mla_)) {
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      tokens_.push_back(command.tokens[t]);
    }
  }

  std::vector<LineRange> reads() override {
    ++stage_;
    if (stage_ == 1) {
      return first_reads();
    }
    return stage_ == 2 ? entry_reads() : std::vector<LineRange>{};
  }

  void supply(std::span<const Line> lines) override {
    (stage_ == 1 ? head_ : entries_).assign(lines.begin(), lines.end());
  }

  std::vector<LineWrite> finish() override {
    std::vector<LineWrite> writes;
    std::size_t entry_at = 0;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      write_outputs(t, o_.out, attend(t, entry_at), writes);
      entry_at += std::size_t{tokens_[t].position - first_visible(t) + 1} * o_.entry_lines;
    }
    return writes;
  }

  [[nodiscard]] std::uint64_t modelled_cycles() const override {
    u64 macs = 0;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      macs += u64{tokens_[t].position - first_visible(t) + 1} * o_.heads * (layout_.key_dim + layout_.value_dim);
    }
    return macs / kMacsPerCycle + 4 * kPipelineCycles;
  }

 private:
  static constexpr u64 kMacsPerCycle = 1024;
  static constexpr u32 kBlocksPerLook = 64;  // of one head: some milliseconds at most

  static EntryLayout layout_of(const AttendOperand& o, bool mla) {
    if (mla) {
      const u32 key_dim = o.value_dim + o.rope_dim;
      return {key_dim, o.value_dim, 0, key_dim, key_dim};
    }
    const u32 elements = o.kv_heads * o.value_dim;
    return {o.value_dim, o.value_dim, elements, 2 * elements, 2 * elements + elements / 32};
  }

  [[nodiscard]] u32 first_visible(u32 t) const {
    const u32 position = tokens_[t].position;
    return o_.window > 0 && position >= o_.window ? position - o_.window + 1 : 0;
  }

  std::vector<LineRange> first_reads() const {
    std::vector<LineRange> ranges;
    if (o_.has_sinks == 1) {
      ranges.push_back(card_range(o_.sink_address_lo, o_.sink_address_hi, u64{o_.heads} * 4));
    }
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      ranges.push_back(
          {Space::kVector, t, o_.query_line, static_cast<u32>(vector_lines(u64{o_.heads} * o_.value_dim))});
      if (mla_) {
        ranges.push_back(
            {Space::kVector, t, o_.query_rope_line, static_cast<u32>(vector_lines(u64{o_.heads} * o_.rope_dim))});
      }
      ranges.push_back(page_table_range(tokens_[t], first_visible(t) / kPageTokens, tokens_[t].position / kPageTokens));
    }
    return ranges;
  }

  // The stage-1 lines of token t: query, rope part, page table.
  struct HeadLines {
    std::span<const Line> query, rope, table;
  };
  [[nodiscard]] HeadLines head_lines(u32 token) const {
    std::size_t at = o_.has_sinks == 1 ? ceil_div(u64{o_.heads} * 4, kLineBytes) : 0;
    const std::span<const Line> all(head_);
    HeadLines out;
    for (u32 t = 0; t <= token; ++t) {
      const std::size_t query = vector_lines(u64{o_.heads} * o_.value_dim);
      const std::size_t rope = mla_ ? vector_lines(u64{o_.heads} * o_.rope_dim) : 0;
      const std::size_t table =
          page_table_range(tokens_[t], first_visible(t) / kPageTokens, tokens_[t].position / kPageTokens).count;
      out = {all.subspan(at, query), all.subspan(at + query, rope), all.subspan(at + query + rope, table)};
      at += query + rope + table;
    }
    return out;
  }

  std::vector<LineRange> entry_reads() const {
    std::vector<LineRange> ranges;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      const std::span<const Line> table = head_lines(t).table;
      const u32 first = first_visible(t);
      const u32 last = tokens_[t].position;
      for (u32 page = first / kPageTokens; page <= last / kPageTokens; ++page) {
        const u32 from = std::max(first, page * kPageTokens);
        const u32 to = std::min(last, page * kPageTokens + kPageTokens - 1);
        const u32 base = word_of(table[page / 32 - first / kPageTokens / 32], page % 32);
        ranges.push_back(entry_range(base, o_.layer_line, u64{from} % kPageTokens * o_.entry_lines,
                                     (to - from + 1) * o_.entry_lines));
      }
    }
    return ranges;
  }

  // Query of every head: q8 elements and absolute block exponents, [heads, key_dim].
  struct Queries {
    std::vector<i8> q;
    std::vector<i32> qa;
  };
  [[nodiscard]] Queries queries(u32 token) const {
    const HeadLines in = head_lines(token);
    Queries out;
    out.q.resize(std::size_t{o_.heads} * layout_.key_dim);
    out.qa.resize(out.q.size() / 32);
    const auto place = [&](std::span<const Line> lines, u32 dim, u32 offset) {
      const VectorValue value = vector_from_lines(lines[0], lines.subspan(1), std::size_t{o_.heads} * dim);
      for (u32 h = 0; h < o_.heads; ++h) {
        for (u32 b = 0; b < dim / 32; ++b) {
          i32 q[32];
          i32 exponent = 0;
          const std::size_t at = std::size_t{h} * layout_.key_dim + offset + 32 * b;
          quantise_block(value.m.data() + std::size_t{h} * dim + 32 * b, value.e, kQ8Width, kQ8Limit, q, &exponent);
          std::copy_n(q, 32, out.q.begin() + static_cast<std::ptrdiff_t>(at));
          out.qa[at / 32] = exponent;
        }
      }
    };
    place(in.query, o_.value_dim, 0);
    if (mla_) {
      place(in.rope, o_.rope_dim, o_.value_dim);
    }
    return out;
  }

  VectorValue attend(u32 token, std::size_t entry_at) const {
    const Queries query = queries(token);
    const AttendParameters p = {static_cast<int>(layout_.key_dim), static_cast<int>(layout_.value_dim), o_.score_mul,
                                o_.score_shift};
    const u32 blocks = o_.value_dim / 32;
    std::vector<i64> sums(std::size_t{o_.heads} * o_.value_dim);
    std::vector<i64> exponents(std::size_t{o_.heads} * blocks);
    const auto* entries = reinterpret_cast<const i8*>(entries_.data() + entry_at);
    auto state = std::make_unique<FoldState>();
    for (u32 h = 0; h < o_.heads && !gives_up(); ++h) {
      if (o_.has_sinks == 1) {
        fold_start_with_sink(*state, static_cast<i32>(word_of(head_[h / 32], h % 32)), p.value_dim);
      } else {
        fold_start(*state);
      }
      const std::size_t at = std::size_t{h} * layout_.key_dim;
      const u32 kv_head = mla_ ? 0 : h / (o_.heads / o_.kv_heads);
      fold_all(*state, {query.q.data() + at, query.qa.data() + at / 32}, token, entries, kv_head, p);
      fold_finish(*state, p.value_dim, sums.data() + std::size_t{h} * o_.value_dim,
                  exponents.data() + std::size_t{h} * blocks);
    }
    const i64 exponent = align_heads(sums.data(), exponents.data(), static_cast<int>(exponents.size()));
    return make_vector(sums, exponent);
  }

  void fold_all(FoldState& state, const Query& query, u32 token, const i8* entries, u32 kv_head,
                const AttendParameters& p) const {
    const u32 first = first_visible(token);
    const u32 last = tokens_[token].position;
    const i64 stride = i64{o_.entry_lines} * kLineBytes;
    const u32 skip = kv_head * o_.value_dim;  // 0 for MLA
    for (u32 from = first; from <= last; from = (from / kBlock + 1) * kBlock) {
      if (from / kBlock % kBlocksPerLook == 0 && gives_up()) {
        return;
      }
      const u32 to = std::min(last, from / kBlock * kBlock + kBlock - 1);
      const i8* entry = entries + (from - first) * stride;
      const KeyBlock keys = {static_cast<int>(to - from + 1),
                             stride,
                             entry + skip,
                             entry + layout_.exponent_offset + skip / 32,
                             entry + layout_.value_offset + skip,
                             entry + layout_.value_exponent_offset + skip / 32};
      fold_block(state, query, keys, p);
    }
  }

  AttendOperand o_;
  bool mla_;
  EntryLayout layout_;
  std::vector<TokenEntry> tokens_;
  int stage_ = 0;
  std::vector<Line> head_;
  std::vector<Line> entries_;
};

}  // namespace

std::unique_ptr<UnitExecution> start_kv_append(const Command& command) {
  return std::make_unique<KvAppendUnit>(command);
}
std::unique_ptr<UnitExecution> start_attend(const Command& command) { return std::make_unique<AttendUnit>(command); }

std::unique_ptr<UnitExecution> start_unit(const Command& command) {
  switch (static_cast<Opcode>(command.header.opcode)) {
    case Opcode::kRoute:
      return start_route(command);
    case Opcode::kKvAppend:
      return start_kv_append(command);
    case Opcode::kAttend:
      return start_attend(command);
    default:
      return start_vector_unit(command);
  }
}

}  // namespace sluice::hls
