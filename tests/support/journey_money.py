"""What the demo costs, worked out by hand: tokens as its story tells them, times the published prices.

Prices are nano-dollars a token: a price of 4 USD per million tokens is 4,000. Written out without any of our own code
that counts or prices. Anthropic: claude.com/pricing; OpenAI: developers.openai.com/api/docs/pricing.
"""

CALLS = 39
"""The responses of the demo."""

# PAY-123: the whole of session "refund", the first three calls of "switching", and "codex-refund".
PAY_123_OPUS_5_5 = (
    (4 + 6 + 6 + 6 + 8 + 4 + 6 + 6) * 4_000
    + (16_010 + 21_220 + 25_700 + 34_820 + 38_120 + 16_010 + 22_130 + 25_090) * 200  # cache reads
    + (5_210 + 4_480 + 9_120 + 3_300 + 1_250 + 6_120 + 2_960 + 1_010) * 5_000  # cache writes of five minutes
    + (310 + 640 + 920 + 1_480 + 410 + 280 + 530 + 190) * 20_000
)
PAY_123_GPT_6_1_SOL = (
    (8_120 + 5_030 + 2_210) * 2_000
    + (11_776 + 21_248 + 27_904) * 100
    + (1_540 + 2_210 + 980) * 2_500  # cache writes; Codex names no lifetime: the shortest, 30 minutes
    + (610 + 1_320 + 450) * 10_000  # reasoning included
)
PAY_123_CALLS = 5 + 3 + 3
PAY_123 = 374_891_800

OPUS_5_5 = 95 * 4_000 + 431_400 * 200 + 67_560 * 5_000 + 2_400 * 8_000 + 12_760 * 20_000
SONNET_5_5 = 20 * 2_000 + 78_760 * 100 + 13_350 * 4_000 + 1_890 * 10_000
HAIKU_5_5 = 33 * 100 + 38_340 * 10 + 17_020 * 125 + 920 * 500
OPUS_4_8 = (20 + 7_440) * 5_000 + 73_720 * 500 + 35_610 * 6_250 + (2_250 + 1_210) * 25_000
"""The old client, and what the advisor of session "rounding" was asked and answered."""
GPT_6_1_SOL = 38_150 * 2_000 + 145_408 * 100 + 10_670 * 2_500 + 4_870 * 10_000
GPT_5_5 = 19_380 * 5_000 + 56_192 * 500 + 2_100 * 30_000

BY_MODEL = {
    "claude-opus-5-5": OPUS_5_5,
    "claude-sonnet-5-5": SONNET_5_5,
    "claude-haiku-5-5": HAIKU_5_5,
    "claude-opus-4-8": OPUS_4_8,
    "gpt-6.1-sol": GPT_6_1_SOL,
    "gpt-5.5": GPT_5_5,
}
TOTAL = 1_519_484_500

# The sums once more, by another way: each part added up on paper.
assert PAY_123_OPUS_5_5 == 184_000 + 39_820_000 + 167_250_000 + 95_200_000 == 302_454_000
assert PAY_123_GPT_6_1_SOL == 30_720_000 + 6_092_800 + 11_825_000 + 23_800_000 == 72_437_800
assert PAY_123_OPUS_5_5 + PAY_123_GPT_6_1_SOL == PAY_123
assert sum(BY_MODEL.values()) == TOTAL
