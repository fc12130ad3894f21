#include "host/engine/engine.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "hls/unit/lines.hpp"
#include "hls/vector/vector_ops.hpp"
#include "host/engine/commands.hpp"

namespace sluice::engine {
namespace {

using device::Command;
using device::kLineBytes;
using device::kMaxTokens;
using device::MoveOperand;
using device::Opcode;

std::uint64_t hidden_bytes(const LoadedModel& model) {
  return device::vector_lines(static_cast<std::uint64_t>(model.config.hidden_dim)) * kLineBytes;
}

constexpr std::uint64_t kSliceBytes = device::vector_lines(kLogitSlice) * kLineBytes;

KvLayout kv_layout(const ModelConfig& config) {
  const auto elements = static_cast<std::uint64_t>(config.attention_kind == AttentionKind::kMla
                                                       ? config.mla.kv_lora_rank + config.mla.qk_rope_head_dim
                                                       : 2 * config.gqa.kv_dim());
  return {static_cast<std::uint32_t>(device::ceil_div(elements + elements / device::kBlock, kLineBytes)),
          static_cast<std::uint32_t>(config.num_layers)};
}

}  // namespace

Engine::Engine(device::Device& device, LoadedModel model, const EngineOptions& options)
    : device_(device), model_(std::move(model)), deadline_(options.deadline) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(device::Device& device, quant::QuantisedModel model,
                                               const EngineOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(LoadedModel loaded, load_model(device, std::move(model), options.progress));
  std::unique_ptr<Engine> engine(new Engine(device, std::move(loaded), options));
  SLUICE_RETURN_IF_ERROR(engine->prepare(options));
  return engine;
}

Status Engine::prepare(const EngineOptions& options) {
  SLUICE_RETURN_IF_ERROR(prepare_pool(options));
  SLUICE_ASSIGN_OR_RETURN(const LayerProgram program, LayerProgram::create(model_, pool_->layout()));
  program_ = std::make_unique<LayerProgram>(program);
  SLUICE_ASSIGN_OR_RETURN(embedding_buffer_, device_.allocate_host(hidden_bytes(model_) * kMaxTokens));
  SLUICE_ASSIGN_OR_RETURN(logits_buffer_, device_.allocate_host(kSliceBytes * program_->slices() * kMaxTokens));
  return {};
}

Status Engine::prepare_pool(const EngineOptions& options) {
  const auto model_limit = static_cast<std::uint32_t>(model_.config.max_position);
  max_tokens_ = options.max_tokens == 0 ? model_limit : std::min(options.max_tokens, model_limit);
  const std::uint64_t most = std::uint64_t{pages_for(max_tokens_)} * options.max_sequences;
  const std::uint64_t pages = options.kv_pages == 0 ? most : options.kv_pages;
  if (pages > std::numeric_limits<std::uint32_t>::max()) {
    return Error(ErrorCode::kUnsupported, std::to_string(pages) + " KV pages; a card has room for less than 2^32");
  }
  SLUICE_ASSIGN_OR_RETURN(KvPool pool, KvPool::create(device_, kv_layout(model_.config), options.max_sequences,
                                                      static_cast<std::uint32_t>(pages), max_tokens_));
  pool_ = std::make_unique<KvPool>(std::move(pool));
  return {};
}

Result<std::uint64_t> Engine::open_sequence() {
  SLUICE_ASSIGN_OR_RETURN(PageTable table, pool_->open_table());
  sequences_[next_sequence_].pages = std::move(table);
  return next_sequence_++;
}

void Engine::close_sequence(std::uint64_t sequence) {
  const auto found = sequences_.find(sequence);
  if (found != sequences_.end()) {
    pool_->close_table(std::move(found->second.pages));
    sequences_.erase(found);
  }
}

std::uint32_t Engine::length(std::uint64_t sequence) const {
  const auto found = sequences_.find(sequence);
  return found == sequences_.end() ? 0 : found->second.length;
}

Result<Engine::Lengths> Engine::check(std::span<const TokenInput> inputs) const {
  Lengths lengths;
  for (const TokenInput& input : inputs) {
    const auto found = sequences_.find(input.sequence);
    if (found == sequences_.end()) {
      return Error(ErrorCode::kInvalidInput, "there is no sequence " + std::to_string(input.sequence));
    }
    if (input.token < 0 || input.token >= model_.config.vocab_size) {
      return Error(ErrorCode::kInvalidInput, "token " + std::to_string(input.token) + " is not in the vocabulary of " +
                                                 std::to_string(model_.config.vocab_size));
    }
    const std::uint32_t length = found->second.length;
    Growth& growth = lengths.try_emplace(input.sequence, Growth{length, length}).first->second;
    if (growth.after++ >= max_tokens_) {
      return Error(ErrorCode::kInvalidInput,
                   "the context is full: a sequence holds at most " + std::to_string(max_tokens_) + " tokens");
    }
  }
  std::uint64_t pages = 0;
  for (const auto& [number, growth] : lengths) {
    pages += pages_for(growth.after) - pages_for(growth.before);
  }
  if (pages > pool_->free_pages()) {
    return Error(ErrorCode::kUnsupported, "the KV cache is full: end a sequence or give it more pages");
  }
  return lengths;
}

// What a micro-batch has already appended lies behind the lengths, where nothing reads it.
void Engine::roll_back(const Lengths& lengths) {
  for (const auto& [number, growth] : lengths) {
    Sequence& sequence = sequences_.at(number);
    sequence.length = growth.before;
    pool_->shrink(sequence.pages, growth.before);
  }
}

Result<std::vector<Logits>> Engine::step(std::span<const TokenInput> inputs) {
  if (device_error_.has_value()) {
    return *device_error_;
  }
  SLUICE_ASSIGN_OR_RETURN(const Lengths lengths, check(inputs));
  Result<std::vector<Logits>> out = run_all(inputs, lengths);
  if (!out.ok()) {
    roll_back(lengths);
    device_error_ = out.error();
  }
  return out;
}

// Every page of the step is taken before its first micro-batch.
Result<std::vector<Logits>> Engine::run_all(std::span<const TokenInput> inputs, const Lengths& lengths) {
  for (const auto& [number, growth] : lengths) {
    SLUICE_RETURN_IF_ERROR(pool_->extend(sequences_.at(number).pages, growth.after));
  }
  std::vector<Logits> out;
  while (!inputs.empty()) {
    const std::size_t count = std::min<std::size_t>(inputs.size(), kMaxTokens);
    SLUICE_RETURN_IF_ERROR(run(inputs.first(count), out));
    inputs = inputs.subspan(count);
  }
  return out;
}

Status Engine::run(std::span<const TokenInput> inputs, std::vector<Logits>& out) {
  std::vector<Command> commands;
  std::vector<device::TokenEntry> tokens;
  for (const TokenInput& input : inputs) {
    Sequence& sequence = sequences_.at(input.sequence);
    device::TokenEntry entry;
    entry.sequence = static_cast<std::uint32_t>(input.sequence);
    entry.position = sequence.length++;
    entry.page_table_lo = low_word(sequence.pages.address);
    entry.page_table_hi = high_word(sequence.pages.address);
    import_embedding(static_cast<std::uint32_t>(tokens.size()), input.token, commands);
    tokens.push_back(entry);
  }
  const std::vector<Command> layers = program_->layers(tokens);
  commands.insert(commands.end(), layers.begin(), layers.end());
  const bool wanted = std::any_of(inputs.begin(), inputs.end(), [](const TokenInput& i) { return i.want_logits; });
  for (std::uint32_t slice = 0; wanted && slice < program_->slices(); ++slice) {
    const std::vector<Command> head = program_->logits(slice, static_cast<std::uint32_t>(inputs.size()));
    commands.insert(commands.end(), head.begin(), head.end());
    export_logits(slice, inputs, commands);
  }
  SLUICE_ASSIGN_OR_RETURN(const device::Fence fence, device_.submit(device::Queue::kCompute, commands, deadline_));
  SLUICE_RETURN_IF_ERROR(device_.wait(fence, deadline_));
  collect_logits(inputs, out);
  return {};
}

void Engine::import_embedding(std::uint32_t lane, std::int32_t token, std::vector<Command>& commands) {
  const std::uint64_t bytes = hidden_bytes(model_);
  const std::size_t columns = model_.embedding.columns;
  const auto row = static_cast<std::size_t>(token);
  const auto* q = reinterpret_cast<const std::int8_t*>(model_.embedding.elements.span().data()) + row * columns;
  const auto* scales =
      reinterpret_cast<const std::uint8_t*>(model_.embedding.scales.span().data()) + row * (columns / device::kBlock);
  std::vector<std::int64_t> sums(columns);
  const std::int32_t exponent = hls::embedding_row(q, scales, static_cast<int>(columns), sums.data());
  const std::vector<hls::Line> lines = hls::lines_of_vector(hls::make_vector(sums, exponent));
  std::memcpy(embedding_buffer_.bytes.data() + lane * bytes, lines.data(), bytes);
  MoveOperand o;
  const std::uint64_t address = embedding_buffer_.address + lane * bytes;
  o.host_address_lo = low_word(address);
  o.host_address_hi = high_word(address);
  o.bank = lane;
  o.line = program_->plan().hidden;
  o.lines = static_cast<std::uint32_t>(bytes / kLineBytes);
  commands.push_back(make_command(Opcode::kImport, o));
}

void Engine::export_logits(std::uint32_t slice, std::span<const TokenInput> inputs, std::vector<Command>& commands) {
  for (std::uint32_t lane = 0; lane < inputs.size(); ++lane) {
    if (!inputs[lane].want_logits) {
      continue;
    }
    MoveOperand o;
    const std::uint64_t address =
        logits_buffer_.address + (std::uint64_t{lane} * program_->slices() + slice) * kSliceBytes;
    o.host_address_lo = low_word(address);
    o.host_address_hi = high_word(address);
    o.bank = lane;
    o.line = program_->plan().logits;
    o.lines = static_cast<std::uint32_t>(device::vector_lines(program_->slice_rows(slice)));
    commands.push_back(make_command(Opcode::kExport, o));
  }
}

void Engine::collect_logits(std::span<const TokenInput> inputs, std::vector<Logits>& out) const {
  for (std::uint32_t lane = 0; lane < inputs.size(); ++lane) {
    if (!inputs[lane].want_logits) {
      continue;
    }
    Logits logits;
    logits.mantissa.resize(model_.head.rows);
    for (std::uint32_t slice = 0; slice < program_->slices(); ++slice) {
      const std::byte* at =
          logits_buffer_.bytes.data() + (std::uint64_t{lane} * program_->slices() + slice) * kSliceBytes;
      std::int32_t exponent = 0;
      std::memcpy(&exponent, at, sizeof(exponent));
      logits.exponent.push_back(exponent);
      std::memcpy(logits.mantissa.data() + std::size_t{slice} * kLogitSlice, at + kLineBytes,
                  std::size_t{4} * program_->slice_rows(slice));
    }
    out.push_back(std::move(logits));
  }
}

}  // namespace sluice::engine
