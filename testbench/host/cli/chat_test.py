"""`sluice chat`: line by line, with templates, and at a pseudo-terminal."""

import fcntl
import json
import os
import signal
import struct
import subprocess
import termios
import time

from program import CHECKPOINT, LONG, PROGRAM, ProgramTest
from terminal import ANSWER, PROMPT, Terminal

CHAT = ("chat", "--device", "software")
TURNS = ("Once upon a time", "The king said: “é”", "And then")
NO_TEMPLATE = b"This model has no chat template: it goes on from all that has been said as from one text.\n"
SAMPLED = ("--temperature", "0.8", "--top-p", "0.95", "--seed", "5", "--max-tokens", "16")


def lines(*turns):
    return "".join(turn + "\n" for turn in turns).encode()


class ChatTest(ProgramTest):
    def turns(self, *arguments, stdin):
        """The objects of --json, one a turn."""
        return [json.loads(line) for line in self.good(*CHAT, "--json", *arguments, stdin=stdin).splitlines()]

    def continued(self, text, *arguments):
        """What `sluice run` goes on with after `text`."""
        path = self.file("text", text.encode())
        return self.generate("--prompt-file", path, *arguments)["text"]

    def model(self, **files):
        """The checkpoint with further files; keys write '_' for the last '.'."""
        path = self.folder / f"model-{len(os.listdir(self.folder))}"
        path.mkdir()
        for file in CHECKPOINT.iterdir():
            (path / file.name).symlink_to(file.resolve())
        for key, content in files.items():
            name = ".".join(key.rsplit("_", 1))
            (path / name).unlink(missing_ok=True)
            (path / name).write_text(content)
        return path


class Lines(ChatTest):
    def test_replies_are_what_run_goes_on_with_after_the_same_text(self):
        # A fresh prefill of the whole text each time, against the sequence that the chat keeps.
        text, replies = "", []
        for turn in TURNS:
            text += turn if not text else "\n" + turn
            replies.append(self.continued(text, *SAMPLED))
            text += replies[-1]
        for _ in range(2):
            done = self.sluice(*CHAT, *SAMPLED, stdin=lines(*TURNS))
            self.assertEqual((done.returncode, done.stdout.decode()), (0, lines(*replies).decode()))
            self.assertEqual(done.stderr, NO_TEMPLATE)
        another = (*SAMPLED[:4], "--seed", "6", *SAMPLED[6:])
        self.assertNotEqual(self.good(*CHAT, *another, stdin=lines(*TURNS)), done.stdout)

    def test_only_what_is_new_is_fed(self):
        turns = self.turns(*SAMPLED, stdin=lines(*TURNS))
        self.assertEqual([turn["reused_tokens"] for turn in turns[:1]], [0])
        for before, turn in zip(turns, turns[1:]):
            self.assertEqual(turn["reused_tokens"], before["prompt_tokens"] + before["num_tokens"] - 1)
            self.assertGreater(turn["prompt_tokens"], turn["reused_tokens"])
            self.assertEqual((turn["finish"], turn["device"]), ("length", "software"))

    def test_the_defaults_sample(self):
        given = self.good(*CHAT, "--max-tokens", "16", "--temperature", "0.8", "--top-p", "0.95", stdin=b"The fox\n")
        self.assertEqual(self.good(*CHAT, "--max-tokens", "16", stdin=b"The fox\n"), given)
        self.assertNotEqual(self.good(*CHAT, "--max-tokens", "16", "--temperature", "0", stdin=b"The fox\n"), given)

    def test_every_line_is_a_turn(self):
        few = ("--max-tokens", "2")
        self.assertEqual(self.turns(*few, stdin=b""), [])
        self.assertEqual(len(self.turns(*few, stdin=b"a\n\n/quit\n")), 3)  # commands are for terminals
        self.assertEqual(self.good(*CHAT, *few, stdin=b"a\nb"), self.good(*CHAT, *few, stdin=b"a\nb\n"))
        mended, invalid = ([turn["tokens"] for turn in self.turns(*few, stdin=text)] for text in
                           ("\ufffdx\0y\n".encode(), b"\xffx\0y\n"))
        self.assertEqual(invalid, mended)
        self.assertEqual(self.good(*CHAT, "--max-tokens", "0", stdin=b"a\nb\n"), b"\n\n")

    def test_a_system_text_comes_first(self):
        self.assertEqual(self.good(*CHAT, *SAMPLED, "--system", "A tale.", stdin=b"The fox\n").decode(),
                         self.continued("A tale.\nThe fox", *SAMPLED) + "\n")
        self.assertEqual(self.good(*CHAT, *SAMPLED, "--system=", stdin=b"The fox\n").decode(),
                         self.continued("The fox", *SAMPLED) + "\n")

    def test_a_stop_string_ends_a_reply_and_not_the_chat(self):
        whole = self.turns(*SAMPLED, stdin=lines(*TURNS))[0]["text"]
        turns = self.turns(*SAMPLED, "--stop", whole[8:12], stdin=lines(*TURNS[:2]))
        self.assertEqual((turns[0]["text"], turns[0]["finish"]), (whole[:whole.index(whole[8:12])], "stop"))
        text = TURNS[0] + turns[0]["text"] + "\n" + TURNS[1]
        self.assertEqual(turns[1]["text"], self.continued(text, *SAMPLED, "--stop", whole[8:12]))

    def test_a_context_that_is_full_ends_a_reply_and_then_refuses_a_turn(self):
        done = self.sluice(*CHAT, "--json", "--context", "40", stdin=lines(*TURNS))
        turns = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([turn["finish"] for turn in turns], ["context"])
        self.assertEqual(turns[0]["prompt_tokens"] + turns[0]["num_tokens"], 40)
        self.assertEqual(done.returncode, 2)
        self.assert_one_error_line(done.stderr[len(NO_TEMPLATE):], "context is full", "40")

    def test_what_cannot_be_is_refused_before_anything_is_loaded(self):
        self.refused("chat", "--model", self.folder / "missing", says="missing")
        self.refused("chat", "--context", "2049", says=["--context", "2048"])
        self.refused("chat", "--context", "3", says="context is full")
        self.refused("chat", "--system", "long " * 3000, says="context is full")
        self.refused("chat", "--device", "abacus", says="abacus")
        self.refused("chat", "--temperature", "-1", says="temperature")
        self.refused("chat", "stray", says="stray")

    def test_streams_that_fail_are_errors(self):
        with open("/dev/full", "wb") as full:
            done = self.sluice(*CHAT, stdin=b"a\n", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assert_one_error_line(done.stderr[len(NO_TEMPLATE):], "standard output", "No space left")
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" chat --device software <&-', PROGRAM], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assert_one_error_line(done.stderr[len(NO_TEMPLATE):], "standard input")

    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for turn in (b"", b"Once upon a time\n"):
                process = subprocess.Popen([PROGRAM, *CHAT, "--max-tokens", str(LONG), "--verbose"],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                while b"no chat template" not in process.stderr.readline():
                    pass
                process.stdin.write(turn)
                process.stdin.flush()
                seen = process.stdout.read(20) if turn else b""
                if not turn:
                    time.sleep(0.2)  # most often in its wait for a line then; the result is the same where it is not
                process.send_signal(number)
                out, err = process.communicate(timeout=20)
                self.assertEqual(process.returncode, 0, err)
                self.assertEqual((seen + out).endswith(b"\n"), bool(turn))


class Templates(ChatTest):
    TEMPLATE = ("{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content|trim }}\n{% endfor %}"
                "{% if add_generation_prompt %}<assistant>{% endif %}")

    def test_the_text_is_what_the_template_makes(self):
        config = json.loads((CHECKPOINT / "tokenizer_config.json").read_text())
        by_file = self.model(chat_template_jinja=self.TEMPLATE)
        by_config = self.model(tokenizer_config_json=json.dumps(config | {"chat_template": self.TEMPLATE}))
        quantised = self.folder / "quantised"
        self.good("quantize", by_file, quantised)
        text, replies = "<system>Be brief.\n", []
        for turn in TURNS:
            text += f"<user>{turn}\n<assistant>"
            replies.append(self.continued(text, *SAMPLED))
            text += replies[-1].strip() + "\n"
        for model in (by_file, by_config, quantised):
            done = self.sluice(*CHAT, *SAMPLED, "--model", model, "--system", "Be brief.", stdin=lines(*TURNS))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout.decode(), lines(*replies).decode())

    def test_the_end_token_of_the_template_ends_a_reply(self):
        config = json.loads((CHECKPOINT / "tokenizer_config.json").read_text())
        model = self.model(chat_template_jinja="{{ messages[-1].content }}")
        (turn,) = self.turns("--model", model, *SAMPLED, stdin=b"Once upon a time\n")
        tokens = json.loads((CHECKPOINT / "tokenizer.json").read_text())["model"]["vocab"]
        end = next(name for name, number in tokens.items() if number == turn["tokens"][5])
        (model / "tokenizer_config.json").unlink()
        (model / "tokenizer_config.json").write_text(json.dumps(config | {"eos_token": {"content": end}}))
        (ended,) = self.turns("--model", model, *SAMPLED, stdin=b"Once upon a time\n")
        first = turn["tokens"].index(turn["tokens"][5])
        self.assertEqual((ended["tokens"], ended["finish"]), (turn["tokens"][:first], "end_token"))

    def test_templates_that_refuse_or_fail_are_refused_before_anything_is_loaded(self):
        no_system = "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}{% endif %}{{ messages }}"
        model = self.model(chat_template_jinja=no_system)
        self.refused("chat", "--model", model, "--system", "x", says=["chat template", "no system here"])
        self.good(*CHAT, "--model", model, "--max-tokens", "1", stdin=b"x\n")
        for bad in ("{% if %}", "{{ messages.x.y }}", "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}"
                    "{% endfor %}"):
            self.refused("chat", "--model", self.model(chat_template_jinja=bad), says="chat template")
        self.refused("chat", "--model", self.model(tokenizer_config_json="{"), says="tokenizer_config.json")
        silent = self.model(chat_template_jinja="{{ '' }}")
        self.refused("chat", "--model", silent, says="no tokens")


class AtTerminal(ChatTest):
    def terminal(self, *arguments, **environment):
        environment.setdefault("XDG_STATE_HOME", str(self.folder / "state"))
        terminal = Terminal(*CHAT, *arguments, **environment)
        self.addCleanup(terminal.close)
        terminal.until(PROMPT)
        return terminal

    def said(self, terminal):
        """The conversation, by /save."""
        path = self.folder / "saved.jsonl"
        self.assertIn("saved", terminal.line(f"/save {path}"))
        return [(message["role"], message["content"]) for message in map(json.loads, path.read_text().splitlines())]

    def test_a_session(self):
        terminal = self.terminal(*SAMPLED)
        self.assertIn(NO_TEMPLATE.strip(), terminal.log)
        replies = [terminal.line(turn).rstrip("\n") for turn in TURNS]
        self.assertEqual("\n".join(replies) + "\n", self.good(*CHAT, *SAMPLED, stdin=lines(*TURNS)).decode())
        wanted = [(role, text) for turn, reply in zip(TURNS, replies)
                  for role, text in (("user", turn), ("assistant", reply))]
        self.assertEqual(self.said(terminal), wanted)
        self.assertIn("taken back", terminal.line("/undo"))
        self.assertEqual(self.said(terminal), wanted[:4])
        self.assertEqual(terminal.line(TURNS[2]).rstrip("\n"), replies[2])
        again = terminal.line("/retry").rstrip("\n")
        self.assertNotEqual(again, replies[2])
        self.assertEqual(self.said(terminal), wanted[:5] + [("assistant", again)])
        self.assertIn("forgotten", terminal.line("/reset"))
        self.assertEqual(self.said(terminal), [])
        self.assertIn("no turn", terminal.line("/undo"))
        self.assertIn("no turn", terminal.line("/retry"))
        self.assertEqual(terminal.line(TURNS[0]).rstrip("\n"), replies[0])
        self.assertIn("/save FILE", terminal.line("/help"))
        self.assertIn("no command /frobnicate", terminal.line("/frobnicate x"))
        self.assertIn("No such file", terminal.line(f"/save {self.folder}/no/folder"))
        self.assertIn("/save FILE", terminal.line("/save"))
        terminal.type(b"/quit\r")
        self.assertEqual(terminal.ended(), 0)

    def test_a_reply_comes_as_it_is_made_and_an_interrupt_stops_it(self):
        terminal = self.terminal("--max-tokens", str(LONG), "--temperature", "0", "--verbose")
        terminal.type(b"Once upon a time\r")
        terminal.until(ANSWER)
        first = terminal.until(b" a ")  # long before the end
        terminal.type(b"\x03")
        rest = terminal.until(PROMPT, seconds=10)
        tokens = int(rest.split(b" tokens at ")[0].split()[-1])
        self.assertLess(tokens, LONG - 100)
        (_, reply) = self.said(terminal)[1]
        self.assertTrue(reply.startswith(first.decode() + " a "), (first, reply))
        self.assertEqual(terminal.line("/reset"), "the conversation is forgotten\n")
        terminal.type(b"The fox\r")  # the session goes on
        terminal.until(ANSWER)
        terminal.until(b" ")
        terminal.type(b"\x03")
        terminal.until(PROMPT, seconds=10)
        self.assertEqual(self.said(terminal)[0], ("user", "The fox"))

    def test_after_an_interrupted_reply_the_text_goes_on_as_from_a_fresh_start(self):
        terminal = self.terminal("--max-tokens", "1500", "--temperature", "0")
        terminal.type(b"Once upon a time\r")
        terminal.until(ANSWER)
        terminal.until(b" a ")
        terminal.type(b"\x03")
        terminal.until(PROMPT)
        (_, reply) = self.said(terminal)[1]
        terminal.type(b"The fox\r")
        terminal.until(ANSWER)
        shown = terminal.until(b" the ") + b" the "
        terminal.type(b"\x03")
        terminal.until(PROMPT)
        wanted = self.continued(f"Once upon a time{reply}\nThe fox", "--max-tokens", "200")
        self.assertTrue(wanted.startswith(shown.replace(b"\r\n", b"\n").decode()), (wanted, shown))

    def test_interrupts_at_the_prompt_clear_the_line_and_then_end(self):
        terminal = self.terminal("--max-tokens", "2")
        terminal.type(b"never said")
        terminal.until(b"said")
        terminal.type(b"\x03")
        terminal.until(PROMPT)
        terminal.line("said")
        self.assertEqual(self.said(terminal)[0], ("user", "said"))
        terminal.type(b"\x03")
        self.assertIn(b"Ctrl-C once more", terminal.until(PROMPT))
        terminal.line("more")
        terminal.type(b"\x03")
        terminal.until(PROMPT)
        terminal.type(b"\x03")
        self.assertEqual(terminal.ended(), 0)

    def test_arrow_keys_bring_back_what_was_typed_also_in_a_later_session(self):
        terminal = self.terminal("--max-tokens", "2")
        terminal.line("the first “é”")
        terminal.line("the second")
        terminal.type(b"\x1b[A\x1b[A\x1b[D\x1b[D\x1b[D\x7f[")  # left of the quoted letter; the space replaced
        terminal.line("")
        self.assertEqual(self.said(terminal)[4], ("user", "the first[“é”"))
        terminal.type(b"\x04")
        self.assertEqual(terminal.ended(), 0)
        path = self.folder / "state/sluice/chat_history"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(json.loads(path.read_text().splitlines()[0]), "the first “é”")
        later = self.terminal("--max-tokens", "2")
        later.type(b"\x1b[A" * 3)
        later.line("")
        self.assertEqual(self.said(later)[0], ("user", "the second"))

    def test_a_long_history_is_cut_and_a_damaged_one_read_as_far_as_it_goes(self):
        path = self.folder / "state/sluice/chat_history"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"no JSON\n7\n\xff\xfe\n" + b"".join(b'"turn %d"\n' % i for i in range(2100)) + b'"cut')
        terminal = self.terminal("--max-tokens", "2")
        terminal.type(b"\x1b[A")
        terminal.until(b"turn 2099")
        kept = path.read_text().splitlines()
        self.assertEqual((len(kept), kept[0], kept[-1]), (1000, '"turn 1100"', '"turn 2099"'))
        path.write_bytes(b"x" * (3 << 20))
        self.terminal("--max-tokens", "2").line("a")
        self.assertLess(path.stat().st_size, 100)

    def test_a_history_that_cannot_be_kept_is_a_note(self):
        in_the_way = self.file("in the way", b"")
        for state in (in_the_way, "/proc/nowhere"):
            terminal = self.terminal("--max-tokens", "2", XDG_STATE_HOME=str(state))
            terminal.line("a")
            terminal.line("b")
            self.assertEqual(terminal.log.count(b"is not kept for later sessions"), 1)
            self.assertEqual([text for role, text in self.said(terminal) if role == "user"], ["a", "b"])

    def test_what_is_typed_while_a_reply_comes_waits_for_its_end(self):
        terminal = self.terminal("--max-tokens", "200")
        terminal.type(b"Once upon a time\r")
        terminal.until(ANSWER)
        terminal.until(b" ")
        terminal.type(f"/save {self.folder / 'saved'}\r\x04")
        self.assertEqual(terminal.ended(), 0)
        self.assertEqual(len((self.folder / "saved").read_text().splitlines()), 2)

    def test_pasted_lines_are_one_turn(self):
        terminal = self.terminal("--max-tokens", "2")
        text = "one “é” 日本\n\n  two\n" + "long " * 500 + "\nend"
        terminal.type(b"\x1b[200~" + text.replace("\n", "\r").encode() + b"\r\x1b[201~")
        terminal.line(" typed")
        self.assertEqual(self.said(terminal)[0], ("user", text + " typed"))
        terminal.type(b"one\rtwo\rthree\r")  # a terminal that does not say what is pasted: a turn a line
        for _ in range(3):
            terminal.until(PROMPT)
        self.assertEqual([text for role, text in self.said(terminal) if role == "user"][1:], ["one", "two", "three"])

    def test_a_full_context_says_what_to_do(self):
        terminal = self.terminal("--context", "40")
        self.assertIn("the context is full; /reset", terminal.line("Once upon a time"))
        self.assertIn("the context is full: the conversation has", terminal.line("The king"))
        self.assertEqual(len(self.said(terminal)), 2)
        terminal.line("/reset")
        self.assertIn("the context is full; /reset", terminal.line("The king"))
        self.assertEqual(self.said(terminal)[0], ("user", "The king"))

    def test_a_template_that_refuses_a_turn_does_not_end_the_session(self):
        model = self.model(chat_template_jinja="{{ bos_token }}{% for m in messages %}{% if 'bad' in m.content %}"
                           "{{ raise_exception('a bad word') }}{% endif %}{{ m.content }}{% endfor %}")
        terminal = self.terminal("--max-tokens", "2", "--model", model)
        self.assertIn("a bad word", terminal.line("a bad turn"))
        terminal.line("a good turn")
        self.assertEqual(self.said(terminal)[0], ("user", "a good turn"))

    def test_requests_to_end_and_a_closed_window_end_it_and_the_terminal_is_as_before(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            for turn in (b"", b"Once upon a time\r"):
                terminal = self.terminal("--max-tokens", str(LONG))
                terminal.wait_for(lambda t=terminal: not t.local_modes() & (termios.ECHO | termios.ICANON))
                terminal.type(turn)
                if turn:
                    terminal.until(ANSWER)
                    terminal.until(b" ")
                os.kill(terminal.pid, number)
                self.assertEqual(terminal.ended(), 0)
                self.assertTrue(terminal.local_modes() & termios.ECHO and terminal.local_modes() & termios.ICANON)
        for turn in (b"", b"Once upon a time\r"):
            terminal = self.terminal("--max-tokens", str(LONG))
            terminal.type(turn)
            if turn:
                terminal.until(ANSWER)
            terminal.hang_up()
            self.assertEqual(terminal.ended(), 0)

    def test_another_window_size_and_a_stop_leave_the_line(self):
        terminal = self.terminal("--max-tokens", "2")
        terminal.type(b"half a ")
        terminal.until(b"half a ")
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 30, 0, 0))
        os.kill(terminal.pid, signal.SIGSTOP)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.line("line")
        self.assertEqual(self.said(terminal)[0], ("user", "half a line"))

    def test_without_a_terminal_on_both_sides_it_is_plain(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        process = subprocess.Popen([PROGRAM, *CHAT, "--max-tokens", "4"], stdin=slave, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        os.close(slave)
        os.write(master, b"The fox\n\x04")
        out, _ = process.communicate(timeout=60)
        self.assertEqual(out, self.good(*CHAT, "--max-tokens", "4", stdin=b"The fox\n"))
