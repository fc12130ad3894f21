#include <fmt/format.h>
#include <histedit.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cwchar>
#include <filesystem>
#include <string_view>

#include "host/base/utf8.hpp"
#include "host/cli/chat_history.hpp"
#include "host/cli/chat_input.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/output.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxPaste = 1'000'000;  // characters

// Terminals put what is pasted between these where they have been asked to.
constexpr const char* kBracketPastes = "\x1b[?2004h";
constexpr const char* kNoBrackets = "\x1b[?2004l";
constexpr const char* kPasteBegin = "\\e[200~";
constexpr std::wstring_view kPasteEnd = L"\x1b[201~";

class TerminalInput : public ChatInput {
 public:
  TerminalInput();
  ~TerminalInput() override;
  TerminalInput(const TerminalInput&) = delete;
  TerminalInput& operator=(const TerminalInput&) = delete;

  Result<std::optional<std::string>> next() override;

 private:
  static int read_character(EditLine* editor, wchar_t* out);
  static unsigned char take_paste(EditLine* editor, int);
  static char* prompt(EditLine*) { return const_cast<char*>("> "); }

  int read_character(wchar_t* out);
  void load_history();
  void remember(const std::string& line);
  void say_no_history(const Error& error);
  [[nodiscard]] bool line_is_empty() const;

  EditLine* editor_;
  History* history_;
  std::filesystem::path history_path_;  // empty: not kept
  bool brackets_;
  bool interrupted_ = false;  // the line that is being read was
  bool was_empty_ = false;    // and it was empty then
  bool left_once_ = false;    // the line before this one was left by an interrupt
};

TerminalInput::TerminalInput() : editor_(nullptr), history_(::history_init()) {
  // Text is UTF-8 here whatever the environment says.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) {
    std::setlocale(LC_CTYPE, "");
  }
  editor_ = ::el_init("sluice", stdin, stdout, stderr);
  const char* const terminal = std::getenv("TERM");
  brackets_ = terminal != nullptr && std::string_view(terminal) != "dumb";
  ::el_set(editor_, EL_CLIENTDATA, this);
  ::el_set(editor_, EL_PROMPT, prompt);
  ::el_set(editor_, EL_EDITOR, "emacs");
  ::el_set(editor_, EL_GETCFN, static_cast<el_rfunc_t>(read_character));
  ::el_set(editor_, EL_ADDFN, "sluice-paste", "take pasted text", take_paste);
  ::el_set(editor_, EL_BIND, kPasteBegin, "sluice-paste", nullptr);
  ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  HistEvent event;
  ::history(history_, &event, H_SETSIZE, static_cast<int>(kHistoryEntries));
  ::history(history_, &event, H_SETUNIQUE, 1);
  ::el_set(editor_, EL_HIST, ::history, history_);
  load_history();
  wake_on(SIGWINCH);
  wake_on(SIGCONT);
}

TerminalInput::~TerminalInput() {
  ::el_end(editor_);
  ::history_end(history_);
}

void TerminalInput::say_no_history(const Error& error) {
  history_path_.clear();
  write_note(fmt::format("sluice: what is typed is not kept for later sessions: {}\n", error.message()));
}

void TerminalInput::load_history() {
  const Result<std::filesystem::path> path = history_path();
  if (!path.ok()) {
    return say_no_history(path.error());
  }
  history_path_ = path.value();
  const Result<std::vector<std::string>> entries = sluice::cli::load_history(history_path_);
  if (!entries.ok()) {
    return say_no_history(entries.error());
  }
  HistEvent event;
  for (const std::string& entry : entries.value()) {
    ::history(history_, &event, H_ENTER, entry.c_str());
  }
}

void TerminalInput::remember(const std::string& line) {
  HistEvent event;
  ::history(history_, &event, H_ENTER, line.c_str());
  if (!history_path_.empty()) {
    if (const Status kept = append_to_history(history_path_, line); !kept.ok()) {
      say_no_history(kept.error());
    }
  }
}

bool TerminalInput::line_is_empty() const {
  const LineInfo* const line = ::el_line(editor_);
  return line->lastchar == line->buffer;
}

int TerminalInput::read_character(EditLine* editor, wchar_t* out) {
  void* self = nullptr;
  ::el_get(editor, EL_CLIENTDATA, &self);
  return static_cast<TerminalInput*>(self)->read_character(out);
}

// One character: 1, or 0 at the end of the input, or -1 for an error or a signal to stop, as libedit has it.
int TerminalInput::read_character(wchar_t* out) {
  std::mbstate_t state = {};
  for (;;) {
    if (interrupt_requested()) {
      interrupted_ = true;
      was_empty_ = line_is_empty();
      errno = EINTR;
      return -1;
    }
    if (!wait_for_input(STDIN_FILENO)) {
      // Another size, or a shell has given the terminal back with its own settings.
      ::el_resize(editor_);
      ::el_set(editor_, EL_PREP_TERM, 0);
      ::el_set(editor_, EL_PREP_TERM, 1);
      ::el_set(editor_, EL_REFRESH);
      continue;
    }
    char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count <= 0) {
      return static_cast<int>(count);
    }
    const std::size_t length = std::mbrtowc(out, &byte, 1, &state);
    if (length == static_cast<std::size_t>(-1)) {
      *out = L'\xfffd';
      return 1;
    }
    if (length != static_cast<std::size_t>(-2)) {
      if (*out == L'\0') {
        *out = L'\x04';  // how a Ctrl-D reads that was typed while a reply came
      }
      return 1;
    }
  }
}

unsigned char TerminalInput::take_paste(EditLine* editor, int) {
  std::wstring text;
  wchar_t character = 0;
  while (!text.ends_with(kPasteEnd)) {
    if (read_character(editor, &character) != 1) {
      return CC_EOF;
    }
    if (text.size() >= kMaxPaste + kPasteEnd.size()) {
      text.erase(0, text.size() - kPasteEnd.size());  // more than any context: what comes last is as good as all
    }
    text.push_back(character == L'\r' ? L'\n' : character);
  }
  text.resize(text.size() - kPasteEnd.size());
  while (!text.empty() && text.back() == L'\n') {
    text.pop_back();
  }
  std::erase(text, L'\0');
  ::el_winsertstr(editor, text.c_str());
  return CC_REFRESH;
}

Result<std::optional<std::string>> TerminalInput::next() {
  for (;;) {
    interrupted_ = false;
    int count = 0;
    if (brackets_) {
      SLUICE_RETURN_IF_ERROR(write_output(kBracketPastes));
    }
    const char* const typed = ::el_gets(editor_, &count);
    if (brackets_) {
      SLUICE_RETURN_IF_ERROR(write_output(kNoBrackets));
    }
    if (typed != nullptr) {
      left_once_ = false;
      std::string line = replace_invalid_utf8({typed, static_cast<std::size_t>(count)});
      while (line.ends_with('\n')) {
        line.pop_back();
      }
      if (line.find_first_not_of(" \t\n") == std::string::npos) {
        continue;
      }
      remember(line);
      return std::optional(std::move(line));
    }
    SLUICE_RETURN_IF_ERROR(write_output("\n"));
    if (!interrupted_ || end_requested() || (left_once_ && was_empty_)) {
      return std::optional<std::string>();
    }
    interrupt_requested() = false;
    left_once_ = true;
    if (was_empty_) {
      write_note("(Ctrl-C once more or Ctrl-D ends)\n");
    }
  }
}

}  // namespace

std::unique_ptr<ChatInput> terminal_input() { return std::make_unique<TerminalInput>(); }

}  // namespace sluice::cli
