package doctor

import (
	"iter"
	"slices"
	"strings"

	"wshealthz/upgrade"
)

// paths are where servers have their WebSocket, the most common first.
var paths = []string{
	"/ws", "/", "/websocket", "/socket.io/?EIO=4&transport=websocket", "/graphql", "/cable", "/mqtt", "/socket/websocket?vsn=2.0.0",
	"/ws/", "/wss", "/chat", "/api/ws", "/subscriptions", "/live/websocket?vsn=2.0.0", "/signalr", "/hub", "/rpc", "/socket", "/stream", "/echo",
	"/engine.io/?EIO=4&transport=websocket", "/xmpp-websocket", "/stomp", "/events",
}

func wellKnownPaths(_ *finder, from *state) iter.Seq[settings] {
	return propose(from.settings, paths, setPath)
}

// commonPaths proposes the first few of them.
func commonPaths(_ *finder, from *state) iter.Seq[settings] {
	return propose(from.settings, paths[:5], setPath)
}

// queryPaths proposes those that need a query: the servers there tend to leave other paths without an answer.
func queryPaths(_ *finder, from *state) iter.Seq[settings] {
	withQuery := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !strings.Contains(path, "?") })
	return propose(from.settings, withQuery, setPath)
}

// variants proposes variants of the configured path: what is often forgotten at its end, and without what a proxy strips.
func variants(_ *finder, from *state) iter.Seq[settings] {
	path := strings.TrimSuffix(from.path, "/")
	var list []string
	if strings.HasSuffix(path, ".io") {
		list = append(list, path+"/?EIO=4&transport=websocket")
	}
	if strings.HasSuffix(path, "/websocket") {
		list = append(list, path+"?vsn=2.0.0")
	}
	if from.path != "/" {
		list = append(list, path+"/websocket", path+"/")
		if _, rest, found := strings.Cut(path[1:], "/"); found {
			list = append(list, "/"+rest)
		}
		if path != from.path {
			list = append(list, path)
		}
	}
	return propose(from.settings, list, setPath)
}

func setPath(s *settings, path string) { s.path, s.query, _ = strings.Cut(path, "?") }

// subprotocols tries what the server answered, none where some are configured, and those of the known protocols: the
// ones first that the path or the answer speaks of.
func subprotocols(f *finder, from *state) iter.Seq[settings] {
	known := []string{}
	for _, p := range upgrade.Protocols {
		if list := strings.Join(p.Subprotocols, ","); list != "" && !slices.Contains(known, list) {
			known = append(known, list)
		}
	}
	about := strings.ToLower(from.path + " " + from.answer.body)
	spokenOf := func(list string) int {
		for _, word := range []string{"graphql", "mqtt", "stomp", "wamp", "cable", "xmpp", "ocpp"} {
			if strings.Contains(list, word) && strings.Contains(about, word) {
				return 0
			}
		}
		return 1
	}
	slices.SortStableFunc(known, func(a, b string) int { return spokenOf(a) - spokenOf(b) })
	first := []string{""}
	if from.answer.subprotocol != "" {
		first = []string{from.answer.subprotocol, ""}
	}
	return propose(from.settings, append(first, known...), func(s *settings, list string) { s.subprotocols = list })
}
