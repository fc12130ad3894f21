#include "host/model/safetensors.hpp"

#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <limits>

#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;

namespace {

// The error that a file of this header and `num_bytes` of data ends in; empty if it is accepted.
std::string error_of(std::string_view header, std::size_t num_bytes = 8) {
  const std::string file = safetensors_file(header, std::string(num_bytes, '\0'));
  const Result<TensorMap> tensors = parse_safetensors(bytes_of(file));
  if (tensors.ok()) {
    return "";
  }
  CHECK(is_one_line(tensors.error().message()));
  return tensors.error().message();
}

std::string one_tensor(std::string_view fields) { return R"({"a":{)" + std::string(fields) + "}}"; }

}  // namespace

TEST_CASE("tensors are found by name with dtype, shape and bytes", "[model]") {
  const std::string file = safetensors_file(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},)"
      R"("a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},"s":{"dtype":"I8","shape":[],"data_offsets":[7,8]}} )",
      "abcdefgh");
  const Result<TensorMap> tensors = parse_safetensors(bytes_of(file));
  REQUIRE(tensors.ok());
  REQUIRE(tensors.value().size() == 3);
  const TensorView& b = tensors.value().at("b");
  CHECK(b.dtype == DType::kU8);
  CHECK(b.shape == std::vector<std::int64_t>{3});
  CHECK(std::string(reinterpret_cast<const char*>(b.bytes.data()), b.bytes.size()) == "efg");
  CHECK(tensors.value().at("a").num_elements() == 2);
  CHECK(tensors.value().at("s").shape.empty());
}

TEST_CASE("an empty tensor may lie anywhere between others", "[model]") {
  CHECK(error_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
                 R"("b":{"dtype":"U8","shape":[0,5],"data_offsets":[0,0]},)"
                 R"("c":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}})")
            .empty());
}

TEST_CASE("bad header fields are refused by name", "[model]") {
  using Catch::Contains;
  CHECK(error_of(one_tensor(R"("dtype":"U8","shape":[8],"data_offsets":[0,8])")).empty());
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U9","shape":[8],"data_offsets":[0,8])")), Contains("dtype \"U9\""));
  CHECK_THAT(error_of(one_tensor(R"("dtype":8,"shape":[8],"data_offsets":[0,8])")), Contains("dtype is 8"));
  CHECK_THAT(error_of(one_tensor(R"("shape":[8],"data_offsets":[0,8])")), Contains("dtype is missing"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","data_offsets":[0,8])")), Contains("shape is missing"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[8])")), Contains("data_offsets is missing"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[-8],"data_offsets":[0,8])")), Contains("shape is -8"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[8.0],"data_offsets":[0,8])")), Contains("shape is 8.0"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":8,"data_offsets":[0,8])")), Contains("must be lists"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[8],"data_offsets":[0])")), Contains("of two numbers"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,8],"data_offsets":[0,8])")),
             Contains("shape"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[8],"data_offsets":[8,0])")), Contains("outside"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[9],"data_offsets":[0,9])")), Contains("outside"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[8],"data_offsets":[0,18446744073709551615])")),
             Contains("data_offsets"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[7],"data_offsets":[0,8])")), Contains("does not take"));
  // 2^32 * 2^32 wraps to 0 in 64 bits
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])")),
             Contains("does not take"));
  CHECK_THAT(error_of(R"({"a":5})"), Contains("is 5"));
  CHECK_THAT(error_of(R"({"__metadata__":{"format":1}})"), Contains("__metadata__"));
}

TEST_CASE("tensors that overlap, leave gaps or leave bytes behind are refused", "[model]") {
  using Catch::Contains;
  CHECK_THAT(error_of(R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},)"
                      R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
             Contains("\"b\" overlaps"));
  CHECK_THAT(error_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
                      R"("b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"),
             Contains("overlaps"));
  CHECK_THAT(error_of(R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}})"), Contains("gap"));
  CHECK_THAT(error_of(R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}})"), Contains("1 bytes after"));
}

TEST_CASE("bad JSON headers are refused", "[model]") {
  using Catch::Contains;
  const std::string tensor = R"("a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]})";
  CHECK_THAT(error_of("{" + tensor + "," + tensor + "}"), Contains("\"a\" occurs twice"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8])")),
             Contains("\"dtype\" occurs twice"));
  CHECK_THAT(error_of("{" + tensor + "} x"), Contains("not valid JSON"));
  CHECK_THAT(error_of("{" + tensor), Contains("not valid JSON"));
  CHECK_THAT(error_of("[]"), Contains("does not start"));
  CHECK_THAT(error_of(""), Contains("does not start"));
  CHECK_THAT(error_of("{\"a\xff\":1}"), Contains("not valid JSON"));
  CHECK_THAT(error_of("{\"a\":" + std::string(100'000, '[')), Contains("nested deeper"));
  CHECK_THAT(error_of(one_tensor(R"("dtype":"U8","shape":[1e999],"data_offsets":[0,8])")), Contains("not valid JSON"));
  CHECK_THAT(error_of(R"({"line\nbreak":7})"), Contains("line\\x0abreak"));
}

TEST_CASE("a header's length is checked against the file", "[model]") {
  using Catch::Contains;
  const auto error_of_file = [](std::string_view file) {
    const Result<TensorMap> tensors = parse_safetensors(bytes_of(file));
    return tensors.ok() ? std::string() : tensors.error().message();
  };
  CHECK_THAT(error_of_file(""), Contains("too few"));
  CHECK_THAT(error_of_file("1234567"), Contains("too few"));
  const std::string good = safetensors_file(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", "12345678");
  CHECK(error_of_file(good).empty());
  CHECK_THAT(error_of_file(good.substr(0, 20)), Contains("truncated"));
  CHECK_THAT(error_of_file(good.substr(0, good.size() - 1)), Contains("outside the file"));
  CHECK_THAT(error_of_file(good + "x"), Contains("after the last tensor"));
  std::string huge = good;
  huge.replace(0, 8, 8, '\xff');
  CHECK_THAT(error_of_file(huge), Contains("header of 18446744073709551615 bytes"));
}

TEST_CASE("BF16, F16 and F32 are read exactly as float", "[model]") {
  // subnormal, smallest normal, 1/3 as F16, 65504, infinity, -0
  const std::array<std::uint16_t, 6> halves{0x0001, 0x0400, 0x3555, 0x7bff, 0x7c00, 0x8000};
  const std::string_view raw(reinterpret_cast<const char*>(halves.data()), sizeof(halves));
  const TensorView half{DType::kF16, {6}, bytes_of(raw)};
  std::array<float, 6> out{};
  REQUIRE(read_as_float(half, 0, out).ok());
  CHECK(out ==
        std::array<float, 6>{0x1p-24F, 0x1p-14F, 0x1.554p-2F, 65504.0F, std::numeric_limits<float>::infinity(), 0.0F});
  CHECK(std::signbit(out[5]));

  const TensorView bfloat{DType::kBF16, {6}, bytes_of(raw)};
  REQUIRE(read_as_float(bfloat, 2, std::span(out).first(2)).ok());
  CHECK(out[0] == std::bit_cast<float>(0x35550000U));
  CHECK(out[1] == std::bit_cast<float>(0x7bff0000U));

  const std::string unaligned = "x" + std::string("\x00\x00\xc0\x3f", 4);
  const TensorView single{DType::kF32, {1}, bytes_of(unaligned).subspan(1)};
  REQUIRE(read_as_float(single, 0, std::span(out).first(1)).ok());
  CHECK(out[0] == 1.5F);
}

TEST_CASE("reads outside a tensor and of other dtypes are refused", "[model]") {
  const std::string raw(8, '\0');
  std::array<float, 4> out{};
  const TensorView bfloat{DType::kBF16, {4}, bytes_of(raw)};
  CHECK(read_as_float(bfloat, 0, out).ok());
  CHECK(read_as_float(bfloat, 4, std::span(out).first(0)).ok());
  CHECK_FALSE(read_as_float(bfloat, 1, out).ok());
  CHECK_FALSE(read_as_float(bfloat, -1, out).ok());
  CHECK_FALSE(read_as_float(bfloat, std::numeric_limits<std::int64_t>::max(), out).ok());
  const TensorView fp8{DType::kF8E4M3, {8}, bytes_of(raw)};
  CHECK(read_as_float(fp8, 0, out).error().code() == ErrorCode::kUnsupported);
}

TEST_CASE("a checkpoint of shards gives each tensor from the file that the index names", "[model]") {
  const TemporaryDirectory directory;
  const std::vector<NamedShape> first{{"a", {2}}, {"both", {1}}};
  const std::vector<NamedShape> second{{"b", {3}}, {"both", {4}}};
  write_file(directory.path() / "one.safetensors", zero_tensors(first));
  write_file(directory.path() / "two.safetensors", zero_tensors(second));
  const std::string index = R"({"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors",)"
                            R"("both":"two.safetensors"}})";
  const auto index_path = directory.path() / "model.safetensors.index.json";
  write_file(index_path, index);

  SECTION("as it is") {
    const Result<Checkpoint> checkpoint = Checkpoint::open(directory.path());
    REQUIRE(checkpoint.ok());
    CHECK(checkpoint.value().tensors().size() == 3);
    REQUIRE(checkpoint.value().find("both") != nullptr);
    CHECK(checkpoint.value().find("both")->shape == std::vector<std::int64_t>{4});
    CHECK(checkpoint.value().find("c") == nullptr);
  }
  SECTION("damaged") {
    const auto error_with = [&](std::string_view from, std::string_view to) {
      write_file(index_path, replaced(index, from, to));
      const Result<Checkpoint> checkpoint = Checkpoint::open(directory.path());
      return checkpoint.ok() ? std::string() : checkpoint.error().message();
    };
    using Catch::Contains;
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":"../one.safetensors")"), Contains("beside the index"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":"/etc/passwd")"), Contains("beside the index"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":"..")"), Contains("beside the index"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":"")"), Contains("beside the index"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":7)"), Contains("beside the index"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("a":"three.safetensors")"), Contains("No such file"));
    CHECK_THAT(error_with(R"("a":"one.safetensors")", R"("x":"one.safetensors")"), Contains("no tensor \"x\""));
    CHECK_THAT(error_with(R"("weight_map")", R"("weights")"), Contains("weight_map is missing"));
  }
}
