"""Rate limits: the law of the bucket, who has which, and what a sender is told."""

from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.records import Kind
from tollbook_collector.ops.limits import BURST_SECONDS, MAX_BUCKETS, MAX_WAIT_SECONDS, Buckets, Limits

LARGEST = 500


def device(number: int, tenant: int = 1) -> Principal:
    return Principal(tenant=tenant, kind=Kind.DEVICE, credential=f"c{number}", device=f"d{number}")


@given(st.integers(1, 100), st.lists(st.tuples(st.floats(0, 5), st.integers(1, LARGEST)), max_size=80))
def test_never_more_than_the_burst_the_rate_and_one_request(rate: int, sent: list[tuple[float, int]]) -> None:
    now = 0.0
    buckets = Buckets(rate, clock=lambda: now)
    taken = 0
    for pause, amount in sent:
        now += pause
        if not buckets.wait("one"):
            buckets.take("one", amount)
            taken += amount
        assert taken <= rate * (BURST_SECONDS + now) + LARGEST


@given(st.integers(1, 100), st.integers(1, 100_000))
def test_who_waits_as_long_as_told_is_let_in(rate: int, debt: int) -> None:
    now = 0.0
    buckets = Buckets(rate, clock=lambda: now)
    buckets.take("one", rate * BURST_SECONDS + debt)
    for _ in range(2 + debt // rate // (MAX_WAIT_SECONDS - 1)):
        wait = buckets.wait("one")
        assert 0 <= wait <= MAX_WAIT_SECONDS
        now += wait
    assert buckets.wait("one") == 0


def test_one_device_does_not_take_from_another_nor_one_tenant_from_another() -> None:
    limits = Limits(device=10, tenant=100, clock=lambda: 0.0)
    limits.took(device(1), 10 * BURST_SECONDS + 5)
    assert limits.wait(device(1)) == 2
    assert limits.wait(device(2)) == 0
    gateway = Principal(tenant=1, kind=Kind.GATEWAY, credential="g")
    assert limits.wait(gateway) == 0
    limits.took(gateway, 100 * BURST_SECONDS)
    assert limits.wait(gateway) > 0
    assert limits.wait(device(2)) > 0, "its tenant has sent too much"
    assert limits.wait(device(2, tenant=2)) == 0


def test_all_credentials_of_a_device_share_its_bucket() -> None:
    limits = Limits(device=10, tenant=0, clock=lambda: 0.0)
    limits.took(device(1), 10 * BURST_SECONDS + 5)
    assert limits.wait(Principal(tenant=1, kind=Kind.DEVICE, credential="next", device="d1")) > 0


def test_nobody_in_particular_and_a_limit_of_nothing_are_no_limit() -> None:
    limits = Limits(device=1, tenant=1, clock=lambda: 0.0)
    limits.took(NOBODY, 10**9)
    assert limits.wait(NOBODY) == 0
    free = Limits(device=0, tenant=0, clock=lambda: 0.0)
    free.took(device(1), 10**9)
    assert free.wait(device(1)) == 0


def test_empty_requests_are_not_free_and_the_buckets_are_bounded() -> None:
    limits = Limits(device=1, tenant=0, clock=lambda: 0.0)
    for _ in range(BURST_SECONDS):
        assert limits.wait(device(1)) == 0
        limits.took(device(1), 0)
    assert limits.wait(device(1)) == 1
    buckets = Buckets(1, clock=lambda: 0.0)
    for number in range(MAX_BUCKETS + 10):
        buckets.take(str(number), 1)
    assert len(buckets._buckets) == MAX_BUCKETS  # pyright: ignore[reportPrivateUsage]
