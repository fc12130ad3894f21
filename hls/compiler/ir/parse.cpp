#include "hls/compiler/ir/parse.hpp"

#include <utility>
#include <vector>

#include "hls/compiler/ir/parse_process.hpp"
#include "hls/compiler/ir/parse_words.hpp"

namespace sluice::hlsc {
namespace {

ScalarArgument parse_scalar(Words& words) {
  ScalarArgument scalar;
  scalar.name = words.take();
  scalar.width = words.take_number<unsigned>();
  scalar.is_signed = words.take_sign();
  return scalar;
}

Stream parse_stream(Words& words) {
  Stream stream;
  stream.name = words.take();
  stream.location = words.place();
  if (words.take_if("output")) {
    stream.direction = StreamDirection::kOutput;
  } else if (words.take_if("internal")) {
    stream.direction = StreamDirection::kInternal;
  } else if (!words.take_if("input")) {
    throw Malformed{"a stream is input, output or internal"};
  }
  stream.width = words.take_number<unsigned>();
  if (words.take_if("depth")) {
    stream.depth = words.take_number<int>();
  }
  while (words.take_if("field")) {
    PayloadField field;
    field.name = words.take_quoted();
    field.low = words.take_number<unsigned>();
    field.width = words.take_number<unsigned>();
    field.is_signed = words.take_sign();
    stream.payload.push_back(std::move(field));
  }
  return stream;
}

void parse_part(Words& words, ArrayArgument& array) {
  if (!words.take_if("of")) {
    return;
  }
  array.parameter = words.take_number<int>();
  array.low = words.take_if("low") ? words.take_number<unsigned>() : 0;
  while (words.take_if("dimension")) {
    ArrayDimension dimension;
    dimension.count = words.take_number<std::uint64_t>();
    dimension.banks = words.take_number<std::uint64_t>();
    dimension.per_bank = words.take_number<std::uint64_t>();
    dimension.bank = words.take_number<std::uint64_t>();
    dimension.is_cyclic = words.take() == "cyclic";
    array.dimensions.push_back(dimension);
  }
}

void parse_kernel_line(Kernel& kernel, Words& words) {
  const std::string first = words.take();
  if (first == "kernel") {
    kernel.name = words.take();
    kernel.control = words.take_if("none") ? Control::kNone : Control::kHandshake;
    words.take_if("handshake");
  } else if (first == "file") {
    kernel.files.push_back(words.take_quoted());
  } else if (first == "stream") {
    kernel.streams.push_back(parse_stream(words));
  } else if (first == "scalar") {
    kernel.scalars.push_back(parse_scalar(words));
  } else if (first == "output") {
    kernel.outputs.push_back(parse_scalar(words));
    kernel.outputs.back().parameter = words.take_if("of") ? words.take_number<int>() : -1;
  } else if (first == "array") {
    ArrayArgument array;
    array.name = words.take();
    array.width = words.take_number<unsigned>();
    array.depth = words.take_number<std::uint64_t>();
    parse_part(words, array);
    kernel.array_arguments.push_back(std::move(array));
  } else {
    throw Malformed{"'" + first + "' starts no line here"};
  }
  words.finish();
}

}  // namespace

std::variant<Kernel, ParseError> parse(std::string_view text) {
  const std::vector<Line> lines = split_lines(text);
  Kernel kernel;
  int line_number = 0;
  try {
    std::size_t next = 0;
    for (; next < lines.size() && lines[next].words.front() != "process"; ++next) {
      line_number = lines[next].number;
      Words words(lines[next]);
      parse_kernel_line(kernel, words);
    }
    while (next < lines.size()) {
      const std::size_t first = next++;
      while (next < lines.size() && lines[next].words.front() != "process") {
        ++next;
      }
      const auto at = [&](std::size_t position) { return lines.begin() + static_cast<std::ptrdiff_t>(position); };
      kernel.processes.push_back(parse_process(kernel, {at(first), at(next)}, line_number));
    }
  } catch (const Malformed& error) {
    return ParseError{"line " + std::to_string(line_number) + ": " + error.message};
  }
  return kernel;
}

}  // namespace sluice::hlsc
