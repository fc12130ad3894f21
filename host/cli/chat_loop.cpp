#include "host/cli/chat_loop.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "host/cli/interrupt.hpp"
#include "host/cli/output.hpp"
#include "host/cli/run_summary.hpp"
#include "host/quant/atomic_file.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kHelp =
    "/help        this list\n"
    "/reset       forget the conversation\n"
    "/undo        take back the latest turn\n"
    "/retry       another reply to the latest turn\n"
    "/save FILE   write the conversation as JSON lines\n"
    "/quit        end; so do Ctrl-D and Ctrl-C twice\n"
    "Ctrl-C stops a reply; what has come of it stays. A line that starts with a blank is no command.\n";
constexpr const char* kWhenFull = "/reset forgets the conversation, /undo takes back the latest turn";

double rate(const engine::Generated& generated) {
  const double seconds = generated.decode_time.count();
  return seconds > 0 ? generated.decode_steps / seconds : 0.0;
}

void show_summary(const Reply& reply, const ChatLoopOptions& options) {
  if (!options.verbose) {
    return;
  }
  const bool dim = isatty(STDERR_FILENO) == 1;
  write_note(fmt::format("{}[{} tokens fed, {} kept; {} tokens at {:.1f} tokens/s]{}\n", dim ? "\x1b[2m" : "",
                         reply.prompt_tokens - reply.reused_tokens, reply.reused_tokens, reply.generated.tokens.size(),
                         rate(reply.generated), dim ? "\x1b[0m" : ""));
}

// A model can say anything; what would drive the terminal (controls of ASCII and of Latin-1) becomes U+FFFD.
std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    const bool latin = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    if (latin || byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t')) {
      out += "\xef\xbf\xbd";
      i += latin ? 1 : 0;
    } else {
      out += text[i];
    }
  }
  return out;
}

Status save(const std::vector<ChatMessage>& messages, const std::string& path) {
  std::string lines;
  for (const ChatMessage& message : messages) {
    const nlohmann::ordered_json line = {{"role", message.role}, {"content", message.content}};
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  SLUICE_ASSIGN_OR_RETURN(quant::AtomicFile file, quant::AtomicFile::create(path));
  SLUICE_RETURN_IF_ERROR(file.write(lines));
  SLUICE_RETURN_IF_ERROR(file.finish());
  return file.commit();
}

// A session at a terminal.
class Dialogue {
 public:
  Dialogue(ChatSession& session, const ChatLoopOptions& options) : session_(session), options_(options) {}

  // Acts on a line; false to end.
  Result<bool> take(const std::string& line);

 private:
  Status show_reply(const Result<Reply>& reply);
  Status reply_to(const std::string& text) { return show_reply(session_.say(text, show())); }
  void save_to(const std::string& path);

  TextOutput::Show show() {
    shown_.clear();
    return [this](std::string_view piece) {
      shown_ = piece;
      return write_output(printable(piece));
    };
  }

  ChatSession& session_;
  const ChatLoopOptions& options_;
  std::string shown_;  // the latest piece of the reply
};

Status Dialogue::show_reply(const Result<Reply>& reply) {
  if (!shown_.ends_with('\n') && (reply.ok() || !shown_.empty())) {
    SLUICE_RETURN_IF_ERROR(write_output("\n"));
  }
  if (!reply.ok()) {
    if (reply.error().code() != ErrorCode::kInvalidInput) {
      return reply.error();
    }
    const bool full = reply.error().message().starts_with("the context is full");
    write_note(fmt::format("{}{}{}\n", reply.error().message(), full ? "; " : "", full ? kWhenFull : ""));
    return {};
  }
  if (reply.value().context_full) {
    write_note(fmt::format("the context is full; {}\n", kWhenFull));
  }
  show_summary(reply.value(), options_);
  if (reply.value().generated.finish == engine::Finish::kInterrupted && !end_requested()) {
    interrupt_requested() = false;
  }
  return {};
}

void Dialogue::save_to(const std::string& path) {
  const Status saved = path.empty() ? Error(ErrorCode::kInvalidInput, "name a file: /save FILE")
                                    : save(session_.conversation().messages(), path);
  write_note(saved.ok() ? fmt::format("saved: {}\n", path) : saved.error().message() + "\n");
}

Result<bool> Dialogue::take(const std::string& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string command = line.starts_with('/') ? line.substr(0, space) : "";
  const std::string argument = line.substr(std::min(line.find_first_not_of(' ', space), line.size()));
  if (command == "/quit") {
    return false;
  }
  if (command.empty()) {
    SLUICE_RETURN_IF_ERROR(reply_to(line));
  } else if (command == "/retry") {
    SLUICE_RETURN_IF_ERROR(show_reply(session_.say_again(show())));
  } else if (command == "/save") {
    save_to(argument);
  } else if (command == "/help") {
    write_note(kHelp);
  } else if (command == "/reset") {
    session_.conversation().reset();
    write_note("the conversation is forgotten\n");
  } else if (command == "/undo") {
    const bool undone = session_.conversation().take_back().has_value();
    write_note(undone ? "the latest turn is taken back\n" : "there is no turn to take back\n");
  } else {
    write_note(fmt::format("there is no command {}; /help lists them\n", printable(command)));
  }
  return true;
}

Status show_json(const Reply& reply, const ChatLoopOptions& options) {
  const engine::Generated& generated = reply.generated;
  const nlohmann::json line = {{"text", reply.text},
                               {"tokens", generated.tokens},
                               {"num_tokens", generated.tokens.size()},
                               {"prompt_tokens", reply.prompt_tokens},
                               {"reused_tokens", reply.reused_tokens},
                               {"finish", reply.context_full ? "context" : name_of(generated.finish)},
                               {"device", options.device},
                               {"tokens_per_second", rate(generated)}};
  return write_output(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace

Status chat_at_terminal(ChatSession& session, ChatInput& input, const ChatLoopOptions& options) {
  write_note("/help lists the commands; Ctrl-D ends.\n");
  Dialogue dialogue(session, options);
  while (!end_requested()) {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> line, input.next());
    if (!line) {
      break;
    }
    SLUICE_ASSIGN_OR_RETURN(const bool go_on, dialogue.take(*line));
    if (!go_on) {
      break;
    }
  }
  return {};
}

Status chat_by_lines(ChatSession& session, ChatInput& input, const ChatLoopOptions& options) {
  while (!interrupt_requested()) {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> line, input.next());
    if (!line) {
      break;
    }
    SLUICE_ASSIGN_OR_RETURN(const Reply reply, session.say(*line, options.json ? TextOutput::Show() : write_output));
    SLUICE_RETURN_IF_ERROR(options.json ? show_json(reply, options) : write_output("\n"));
    if (reply.context_full && !options.json) {
      write_note("the context is full; --context sets its size\n");
    }
    show_summary(reply, options);
  }
  return {};
}

}  // namespace sluice::cli
