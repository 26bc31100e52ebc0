package doctor

import (
	"slices"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestMessages: the first and the last are kept in order, whatever comes between, and the rest is counted.
func TestMessages(t *testing.T) {
	for _, count := range []int{0, 1, maxMessages, maxMessages + 1, 2 * maxMessages, 2*maxMessages + 1, 3*maxMessages - 1, 3 * maxMessages, 1234567} {
		var messages Messages
		for i := range count {
			messages.Add(upgrade.Message{At: time.Duration(i)})
		}
		var want []time.Duration
		for i := range count {
			if i < maxMessages || i >= count-maxMessages {
				want = append(want, time.Duration(i))
			}
		}
		var got []time.Duration
		for _, m := range slices.Concat(messages.First(), messages.Last()) {
			got = append(got, m.At)
		}
		if !slices.Equal(got, want) || messages.LeftOut() != uint64(count-len(want)) {
			t.Errorf("of %d messages these are kept: %d, and %d left out", count, got, messages.LeftOut())
		}
		lines := messages.lines()
		if wanted := len(want) + min(1, count-len(want)); len(lines) != wanted {
			t.Errorf("%d messages are %d lines, want %d", count, len(lines), wanted)
		}
		if count == 1234567 && lines[maxMessages] != "... 1,234,467 messages left out ..." {
			t.Errorf("between the first and the last stands %q", lines[maxMessages])
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567890: "1,234,567,890"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
