package charts

import (
	"os"
	"testing"
)

// TestToggleOff: with the toggle off the chart is what it was before it had one, to the byte. The golden files were made by
// the chart without the sidecar; nothing but a change of that chart itself may touch them.
func TestToggleOff(t *testing.T) {
	for _, name := range []string{"off", "off-all", "off-agc"} {
		eachHelm(t, func(t *testing.T, h helm) {
			values, err := os.ReadFile("testdata/values/" + name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			text, err := renderText(t, h, "websocket-server", options{values: string(values)})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "websocket-server-"+name, text)
			invariants(t, decodeStrict(t, text))
		})
	}
}
