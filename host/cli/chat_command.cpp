// sluice chat: a conversation, at a terminal or line by line.
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/base/utf8.hpp"
#include "host/cli/chat_input.hpp"
#include "host/cli/chat_loop.hpp"
#include "host/cli/common.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/sampling_options.hpp"

namespace sluice::cli {
namespace {

constexpr std::uint32_t kDefaultReplyTokens = 256;
constexpr std::uint64_t kDefaultContext = 4096;  // or the model's, if that is less: KV pages take card memory

struct Options {
  ModelOptions model;
  std::string system;
  std::uint32_t max_tokens = kDefaultReplyTokens;
  std::uint32_t context = 0;
  engine::SamplingOptions sampling = {.temperature = 0.8, .top_p = 0.95};
  std::vector<std::string> stops;
  std::string device = "simulation";
  bool json = false;
};

std::tm local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm out{};
  ::localtime_r(&now, &out);
  return out;
}

Result<std::uint32_t> context_of(const Options& options, const ModelConfig& config) {
  const auto limit = static_cast<std::uint64_t>(config.max_position);
  if (options.context > limit) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("--context: {} tokens, but the model holds {}", options.context, limit));
  }
  return options.context > 0 ? options.context : static_cast<std::uint32_t>(std::min(limit, kDefaultContext));
}

// Templates may refuse a system message, and a long one may fill the context: say so before weights are loaded.
Status check_begin(Conversation conversation, std::uint32_t context) {
  conversation.add("user", "Hello");
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> tokens, conversation.tokens());
  return check_room(tokens.size(), context);
}

engine::GenerateOptions generation_of(const Options& options, const engine::SamplingParameters& sampling,
                                      const OpenedModel& model, const std::optional<ChatTemplate>& chat_template) {
  engine::GenerateOptions out = {.max_tokens = options.max_tokens,
                                 .sampling = sampling,
                                 .end_tokens = model.config().eos_tokens,
                                 .interrupted = &interrupt_requested()};
  if (chat_template) {
    if (const auto end = model.tokenizer().token_to_id(chat_template->end_token())) {
      out.end_tokens.push_back(*end);
    }
  }
  return out;
}

Status chat(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const engine::SamplingParameters sampling,
                          engine::SamplingParameters::make(options.sampling));
  SLUICE_ASSIGN_OR_RETURN(OpenedModel model, OpenedModel::open(options.model));
  SLUICE_ASSIGN_OR_RETURN(const std::optional<ChatTemplate> chat_template, ChatTemplate::load(options.model.directory));
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t context, context_of(options, model.config()));
  const Conversation conversation(model.tokenizer(), chat_template, replace_invalid_utf8(options.system), local_time());
  SLUICE_RETURN_IF_ERROR(check_begin(conversation, context));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, device::open_device(options.device, {}));
  say(options.model, fmt::format("device: {} ({})", device->info().name, device->info().description));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, load_engine(model, *device, context));
  say(options.model,
      fmt::format("loaded: {} bytes in card memory; context: {} tokens", engine->model().bytes, context));
  if (!chat_template) {
    write_note("This model has no chat template: it goes on from all that has been said as from one text.\n");
  }

  const bool terminal = !options.json && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  catch_interrupt(terminal ? SecondInterrupt::kIsLikeTheFirst : SecondInterrupt::kEndsProgram);
  catch_end_requests();
  ChatSession session(*engine, model.tokenizer(), conversation, generation_of(options, sampling, model, chat_template),
                      options.stops);
  const ChatLoopOptions loop = {.verbose = options.model.verbose, .json = options.json, .device = device->info().name};
  const Status ended =
      terminal ? chat_at_terminal(session, *terminal_input(), loop) : chat_by_lines(session, *plain_input(), loop);
  // A terminal that goes away takes the streams with it.
  return end_requested() ? Status() : ended;
}

void add_options(CLI::App& command, Options& options) {
  const std::uint64_t any = std::numeric_limits<std::uint32_t>::max();
  command.add_option("--system", options.system, "what the model is told before the conversation")->type_name("TEXT");
  command.add_option("--max-tokens", options.max_tokens, "tokens of a reply at most")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(any));
  command
      .add_option(
          "--context", options.context,
          fmt::format("tokens of the whole conversation at most; 0: {}, or what the model holds if that is less",
                      kDefaultContext))
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(any));
  command.add_option("--stop", options.stops, "end a reply before this text appears (may be given several times)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  add_sampling_options(command, options.sampling);
  add_model_options(command, options.model);
  command
      .add_option("--device", options.device, "see 'sluice devices'; software is the faster one where there is no card")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_flag("--json", options.json, "one JSON object a turn on standard output, no terminal session");
}

}  // namespace

void add_chat(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "chat",
      "talk with the model\n"
      "At a terminal: lines are edited and remembered, the reply comes as it is made, Ctrl-C stops it, Ctrl-D ends,\n"
      "/help lists the commands. Elsewhere each line of standard input is a turn and only replies are printed.\n"
      "A model without a chat template goes on from the text of the whole conversation.");
  add_options(*command, *options);
  command->callback([options, &status] {
    if (const Status result = chat(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
