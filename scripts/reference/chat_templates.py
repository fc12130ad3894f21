#!/usr/bin/env python3
"""Conversations as text, by transformers' apply_chat_template, for the templates of testbench/reference/chat_templates.

The clock that strftime_now() reads is fixed. The result is testbench/reference/data/chat_templates.json.
"""

import argparse
import datetime
import json
from pathlib import Path
from unittest import mock

from jinja2.exceptions import TemplateError
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2026, 2, 3, 16, 5, 9)
TOKENS = {"chatml": (None, "<|im_end|>"), "llama": ("<|begin_of_text|>", "<|eot_id|>"), "mistral": ("<s>", "</s>"),
          "channels": ("<|startoftext|>", "<|return|>"), "constructs": ("<s>", None)}


def said(*contents, system=None):
    messages = [] if system is None else [{"role": "system", "content": system}]
    roles = ("user", "assistant")
    return messages + [{"role": roles[i % 2], "content": content} for i, content in enumerate(contents)]


CONVERSATIONS = [
    said("Hello"),
    said("Hello", system="Answer in verse."),
    said("Hi", "Hello! How can I help?", "Tell me a story"),
    said("One", "two", "three", "four", "five", system="  Count.\n"),
    said("  spaces around \n", "\n\n", "", system=""),
    said("“Zoë” & <b>naïve</b> 'quotes' \"double\" \\ 日本語 🙂", "{{ not code }} {% nor this %}", "a\nb\r\nc\td"),
    said("2+2?", "<think>\nadd\n</think>\n\n4", "words to skip and stop here"),
    said("Hi", "<|channel|>final<|message|>Hello", "again"),
    [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    [{"role": "assistant", "content": "first"}, {"role": "user", "content": "b"}],
    [{"role": "user", "content": "a"}, {"role": "system", "content": "late"}],
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("templates", type=Path, help="testbench/reference/chat_templates")
    parser.add_argument("out", type=Path, help="testbench/reference/data/chat_templates.json")
    arguments = parser.parse_args()
    cases = []
    clock = mock.Mock(now=lambda: NOW)
    for name, (begin, end) in TOKENS.items():
        source = (arguments.templates / f"{name}.jinja").read_text(encoding="utf-8")
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel()), bos_token=begin, eos_token=end)
        for messages in CONVERSATIONS:
            case = {"template": name, "bos_token": begin, "eos_token": end, "messages": messages}
            try:
                with mock.patch.object(chat_template_utils, "datetime", clock):
                    case["text"] = tokenizer.apply_chat_template(messages, chat_template=source, tokenize=False,
                                                                 add_generation_prompt=True)
            except TemplateError as error:
                case["error"] = str(error)
            cases.append(case)
    text = json.dumps({"now": NOW.isoformat(), "cases": cases}, ensure_ascii=False, indent=1)
    arguments.out.write_text(text + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(cases)} cases, {sum('error' in case for case in cases)} of them refused")


if __name__ == "__main__":
    main()
