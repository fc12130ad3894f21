#include "host/quant/model_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "host/base/check.hpp"
#include "host/quant/atomic_file.hpp"
#include "host/quant/model_file_fields.hpp"

namespace sluice::quant {
namespace {

namespace fs = std::filesystem;

struct CompanionFile {
  const char* name;
  bool required;
};
constexpr std::array<CompanionFile, 5> kCompanions{{{"config.json", true},
                                                    {"tokenizer.json", true},
                                                    {"generation_config.json", false},
                                                    {"tokenizer_config.json", false},
                                                    {"chat_template.jinja", false}}};

// ---- Writing ---------------------------------------------------------------------------------------------------

struct Entry {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
  SharedBytes bytes;
};

// Entries are laid out by rank, so that each is aligned for its type: packed matrices (whole lines), then numbers of 8,
// 4 and 2 bytes, then single bytes.
enum Rank : std::size_t { kPacked, kEightBytes, kFourBytes, kTwoBytes, kOneByte, kRanks };

class Writer {
 public:
  void add_packed(const std::string& name, const SharedBytes& bytes) {
    entries_[kPacked].push_back({name, DType::kU8, {static_cast<std::int64_t>(bytes.size())}, bytes});
  }
  void add_bytes(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const SharedBytes& bytes) {
    entries_[kOneByte].push_back({name, dtype, std::move(shape), bytes});
  }
  template <typename T>
  void add_numbers(const std::string& name, std::span<const T> numbers) {
    constexpr Rank kRank = sizeof(T) == 8 ? kEightBytes : (sizeof(T) == 4 ? kFourBytes : kTwoBytes);
    const std::span<const std::byte> bytes = std::as_bytes(numbers);
    entries_[kRank].push_back({name,
                               dtype_of<T>(),
                               {static_cast<std::int64_t>(numbers.size())},
                               SharedBytes(std::vector<std::byte>(bytes.begin(), bytes.end()))});
  }

  Status operator()(const std::string& name, const PackedMatrix& matrix) {
    add_packed(name, matrix.data);
    add_numbers<std::int32_t>(name + kAttributes, attributes_of(matrix));
    if (matrix.bias) {
      add_numbers<std::int32_t>(name + kBias, matrix.bias->mantissas);
      add_numbers<std::int32_t>(name + kBiasExponent, std::array{matrix.bias->exponent});
    }
    return {};
  }
  Status operator()(const std::string& name, const Gamma& gamma) {
    add_numbers<std::int16_t>(name, gamma.values);
    add_numbers<std::int32_t>(name + kExponent, std::array{gamma.exponent});
    return {};
  }
  Status operator()(const std::string& name, const Embedding& embedding) {
    const std::int64_t rows = embedding.rows;
    add_bytes(name, DType::kI8, {rows, embedding.columns}, embedding.elements);
    add_bytes(name + kScales, DType::kU8, {rows, embedding.columns / device::kBlock}, embedding.scales);
    return {};
  }
  Status operator()(const std::string& name, const std::vector<std::int32_t>& numbers) {
    add_numbers<std::int32_t>(name, numbers);
    return {};
  }

  Status write(AtomicFile& file) const {
    const std::string text = header();
    const std::uint64_t length = text.size();
    SLUICE_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(&length, 1))));
    SLUICE_RETURN_IF_ERROR(file.write(text));
    return for_each_entry([&](const Entry& entry) { return file.write(entry.bytes.span()); });
  }

 private:
  // Padded so that the data begins at a page, and with it every packed matrix at a line.
  [[nodiscard]] std::string header() const {
    constexpr std::size_t kPage = 4096;
    std::string text = fmt::format(R"({{"__metadata__":{{"format":"sluice","version":"{}","numerics_version":"{}"}})",
                                   kFileVersion, device::kNumericsVersion);
    std::uint64_t offset = 0;
    const Status written = for_each_entry([&](const Entry& entry) -> Status {
      const std::uint64_t end = offset + entry.bytes.size();
      text += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", entry.name,
                          dtype_name(entry.dtype), fmt::join(entry.shape, ","), offset, end);
      offset = end;
      return {};
    });
    SLUICE_CHECK(written.ok());
    text += '}';
    text.resize((sizeof(std::uint64_t) + text.size() + kPage - 1) / kPage * kPage - sizeof(std::uint64_t), ' ');
    return text;
  }

  // In the order of the file.
  template <typename Visit>
  Status for_each_entry(const Visit& visit) const {
    for (const std::vector<Entry>& rank : entries_) {
      for (const Entry& entry : rank) {
        SLUICE_RETURN_IF_ERROR(visit(entry));
      }
    }
    return {};
  }

  std::array<std::vector<Entry>, kRanks> entries_;
};

Status write_model(const QuantisedModel& model, std::uint64_t config_hash, AtomicFile& file) {
  Writer writer;
  writer.add_numbers<std::uint32_t>(kVersionName, version_of(model.formats));
  writer.add_numbers<std::uint64_t>(kConfigHashName, std::array{config_hash});
  writer.add_numbers<std::int64_t>(kConstantsName, fields_of(model.constants));
  writer.add_numbers<std::uint64_t>(kRopeName, model.constants.rope_increments);
  SLUICE_RETURN_IF_ERROR(
      for_each_part(model, [&](const std::string& name, const auto& part) { return writer(name, part); }));
  return writer.write(file);
}

Status copy_file(const fs::path& from, AtomicFile& to) {
  SLUICE_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(from));
  return to.write(file.bytes());
}

// ---- Reading ---------------------------------------------------------------------------------------------------

class Reader {
 public:
  // The views in `tensors` point into `file`.
  Reader(SharedBytes file, TensorMap tensors) : file_(std::move(file)), tensors_(std::move(tensors)) {}

  // The bytes of a tensor that must be there with this type and shape.
  Result<std::span<const std::byte>> take(const std::string& name, DType dtype,
                                          const std::vector<std::int64_t>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      return Error(ErrorCode::kInvalidInput, fmt::format("has no tensor {}", name));
    }
    const TensorView& view = found->second;
    if (view.dtype != dtype || view.shape != shape) {
      return Error(ErrorCode::kInvalidInput,
                   fmt::format("tensor {} is {} {}; config.json asks for {} {}", name, dtype_name(view.dtype),
                               shape_text(view.shape), dtype_name(dtype), shape_text(shape)));
    }
    ++taken_;
    return view.bytes;
  }

  template <typename T>
  Result<std::vector<T>> numbers(const std::string& name, std::size_t count) {
    SLUICE_ASSIGN_OR_RETURN(const std::span<const std::byte> bytes,
                            take(name, dtype_of<T>(), {static_cast<std::int64_t>(count)}));
    std::vector<T> result(count);
    std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }

  Status operator()(const std::string& name, PackedMatrix& matrix) {
    SLUICE_RETURN_IF_ERROR(check_shape(matrix.shape, name));
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> attributes,
                            numbers<std::int32_t>(name + kAttributes, kNumAttributes));
    matrix.scale_max = static_cast<std::uint32_t>(attributes[kAttributeScaleMax]);
    matrix.scale_bias = attributes[kAttributeScaleBias];
    const std::array<std::int32_t, kNumAttributes> expected = attributes_of(matrix);
    if (!std::ranges::equal(attributes, expected)) {
      return invalid(name + kAttributes, "does not describe the matrix that config.json asks for");
    }
    const auto bytes = static_cast<std::int64_t>(packed_bytes(matrix.format, matrix.shape));
    SLUICE_ASSIGN_OR_RETURN(matrix.data, shared(name, DType::kU8, {bytes}));
    if (matrix.bias) {
      SLUICE_RETURN_IF_ERROR(read_bias(name, *matrix.bias));
    }
    return scales_are_valid(matrix) ? Status() : invalid(name, "has scales outside their range");
  }
  Status operator()(const std::string& name, Gamma& gamma) {
    SLUICE_ASSIGN_OR_RETURN(gamma.values, numbers<std::int16_t>(name, gamma.values.size()));
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> exponent, numbers<std::int32_t>(name + kExponent, 1));
    gamma.exponent = exponent[0];
    return is_exponent(gamma.exponent) ? Status() : invalid(name + kExponent, "is outside its range");
  }
  Status operator()(const std::string& name, Embedding& embedding) {
    const std::int64_t rows = embedding.rows;
    SLUICE_ASSIGN_OR_RETURN(embedding.elements, shared(name, DType::kI8, {rows, embedding.columns}));
    SLUICE_ASSIGN_OR_RETURN(embedding.scales,
                            shared(name + kScales, DType::kU8, {rows, embedding.columns / device::kBlock}));
    constexpr std::byte kNan{255};
    const bool valid = std::ranges::find(embedding.scales.span(), kNan) == embedding.scales.span().end();
    return valid ? Status() : invalid(name + kScales, "has scales outside their range");
  }
  Status operator()(const std::string& name, std::vector<std::int32_t>& numbers_out) {
    SLUICE_ASSIGN_OR_RETURN(numbers_out, numbers<std::int32_t>(name, numbers_out.size()));
    return {};
  }

  // Fails if the file holds tensors that nobody asked for.
  [[nodiscard]] Status check_all_taken() const {
    if (taken_ != tensors_.size()) {
      return Error(ErrorCode::kInvalidInput,
                   fmt::format("has {} tensors; config.json asks for {}", tensors_.size(), taken_));
    }
    return {};
  }

  static Status invalid(const std::string& name, std::string_view what) {
    return Error(ErrorCode::kInvalidInput, fmt::format("tensor {} {}", name, what));
  }

 private:
  Status read_bias(const std::string& name, Bias& bias) {
    constexpr std::int32_t kLargestMantissa = (1 << 23) - 1;
    constexpr std::int32_t kLargestExponent = 16384;
    SLUICE_ASSIGN_OR_RETURN(bias.mantissas, numbers<std::int32_t>(name + kBias, bias.mantissas.size()));
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> exponent, numbers<std::int32_t>(name + kBiasExponent, 1));
    bias.exponent = exponent[0];
    const auto outside = [](std::int32_t m) { return m < -kLargestMantissa || m > kLargestMantissa; };
    const bool valid = bias.exponent >= -kLargestExponent && bias.exponent <= kLargestExponent &&
                       std::ranges::none_of(bias.mantissas, outside);
    return valid ? Status() : invalid(name + kBias, "has numbers outside their range");
  }

  Result<SharedBytes> shared(const std::string& name, DType dtype, const std::vector<std::int64_t>& shape) {
    SLUICE_ASSIGN_OR_RETURN(const std::span<const std::byte> bytes, take(name, dtype, shape));
    return SharedBytes(file_.owner(), bytes);
  }

  SharedBytes file_;
  TensorMap tensors_;
  std::size_t taken_ = 0;
};

Result<Formats> read_version(Reader& reader) {
  const Result<std::vector<std::uint32_t>> numbers = reader.numbers<std::uint32_t>(kVersionName, kNumVersions);
  if (!numbers.ok()) {  // version 1 had fewer
    return Error(ErrorCode::kUnsupported, fmt::format("is not of version {}: run sluice quantize again", kFileVersion));
  }
  const std::vector<std::uint32_t>& version = numbers.value();
  if (version[0] != kFileVersion || version[1] != device::kNumericsVersion) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("is of version {} for numerics {}; this program reads {} for {}: run sluice quantize again",
                    version[0], version[1], kFileVersion, device::kNumericsVersion));
  }
  Formats formats;
  if (!formats_from(version, formats)) {
    return Reader::invalid(kVersionName, "names an unknown weight format").error();
  }
  return formats;
}

Result<QuantisedModel> read_model(Reader& reader, const ModelConfig& config, std::uint64_t config_hash) {
  SLUICE_ASSIGN_OR_RETURN(const Formats formats, read_version(reader));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> hash, reader.numbers<std::uint64_t>(kConfigHashName, 1));
  if (hash[0] != config_hash) {
    return Error(ErrorCode::kInvalidInput, "was made with another config.json: run sluice quantize again");
  }
  SLUICE_RETURN_IF_ERROR(check_supported(config));
  QuantisedModel model = empty_model(config, formats);
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int64_t> fields,
                          reader.numbers<std::int64_t>(kConstantsName, kNumConstants));
  if (!constants_from(fields, model.constants)) {
    return Reader::invalid(kConstantsName, "has numbers outside their range").error();
  }
  const auto pairs = static_cast<std::size_t>(config.rope_dim() / 2);
  SLUICE_ASSIGN_OR_RETURN(model.constants.rope_increments, reader.numbers<std::uint64_t>(kRopeName, pairs));
  SLUICE_RETURN_IF_ERROR(for_each_part(model, [&](const std::string& name, auto& part) { return reader(name, part); }));
  SLUICE_RETURN_IF_ERROR(reader.check_all_taken());
  return model;
}

Result<std::uint64_t> hash_config(const fs::path& directory) {
  SLUICE_ASSIGN_OR_RETURN(const std::string text, read_small_file(directory / "config.json", limits::kMaxConfigBytes));
  return fnv1a(text);
}

}  // namespace

bool is_quantised(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / kModelFileName, ignored);
}

Status save(const QuantisedModel& model, const fs::path& source, const fs::path& destination) {
  std::error_code failure;
  if (fs::equivalent(source, destination, failure)) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("{}: the quantised model needs another directory", destination.string()));
  }
  fs::create_directories(destination, failure);
  if (failure) {
    return Error(ErrorCode::kIo, fmt::format("{}: {}", destination.string(), failure.message()));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::uint64_t config_hash, hash_config(source));
  std::vector<AtomicFile> files;
  std::vector<fs::path> stale;
  for (const CompanionFile& companion : kCompanions) {
    if (!companion.required && !fs::exists(source / companion.name, failure)) {
      stale.push_back(destination / companion.name);
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(destination / companion.name));
    SLUICE_RETURN_IF_ERROR(copy_file(source / companion.name, file));
    files.push_back(std::move(file));
  }
  SLUICE_ASSIGN_OR_RETURN(AtomicFile model_file, AtomicFile::create(destination / kModelFileName));
  SLUICE_RETURN_IF_ERROR(write_model(model, config_hash, model_file));
  files.push_back(std::move(model_file));
  for (AtomicFile& file : files) {
    SLUICE_RETURN_IF_ERROR(file.finish());
  }
  for (AtomicFile& file : files) {
    SLUICE_RETURN_IF_ERROR(file.commit());
  }
  for (const fs::path& path : stale) {  // of a model that was there before
    fs::remove(path, failure);
  }
  return {};
}

std::vector<fs::path> temporary_files(const fs::path& destination, std::string_view process) {
  std::vector<fs::path> paths{AtomicFile::temporary_path(destination / kModelFileName, process)};
  for (const CompanionFile& companion : kCompanions) {
    paths.push_back(AtomicFile::temporary_path(destination / companion.name, process));
  }
  return paths;
}

void remove_temporary_files(const fs::path& destination) {
  std::error_code failure;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(destination, failure); !failure && entry != fs::directory_iterator();
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    const std::string process = name.substr(name.rfind('-') + 1);
    const bool is_number = !process.empty() && process.find_first_not_of("0123456789") == std::string::npos;
    const std::vector<fs::path> names = temporary_files(destination, process);
    if (is_number && std::ranges::find(names, entry->path()) != names.end()) {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& path : found) {
    fs::remove(path, failure);
  }
}

Result<QuantisedModel> load(const fs::path& directory) {
  SLUICE_ASSIGN_OR_RETURN(const ModelConfig config, read_config(directory));
  SLUICE_ASSIGN_OR_RETURN(const std::uint64_t config_hash, hash_config(directory));
  const fs::path path = directory / kModelFileName;
  SLUICE_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::open(path));
  const auto file = std::make_shared<const MappedFile>(std::move(mapped));
  Result<QuantisedModel> model = parse_model_file(SharedBytes(file, file->bytes()), config, config_hash);
  if (!model.ok()) {
    return model.error().within(path.string());
  }
  return model;
}

Result<QuantisedModel> parse_model_file(const SharedBytes& file, const ModelConfig& config, std::uint64_t config_hash) {
  SLUICE_ASSIGN_OR_RETURN(TensorMap tensors, parse_safetensors(file.span()));
  Reader reader(file, std::move(tensors));
  return read_model(reader, config, config_hash);
}

}  // namespace sluice::quant
