package probe

import (
	"io"
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"
)

// BenchmarkSharedAnswer is a GET over a kept-alive connection that gets a shared verdict, client included.
func BenchmarkSharedAnswer(b *testing.B) {
	drain := newDrain(b)
	verdict := LogChanges(drain.Override(Share(healthy, time.Hour, drain.Lifetime, func() {})), zap.NewNop())
	server := listen(b, verdict)
	url := "http://" + server.Addr().String() + "/health"
	defer http.DefaultClient.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		response, err := http.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

// BenchmarkShared is the same without HTTP.
func BenchmarkShared(b *testing.B) {
	drain := newDrain(b)
	verdict := LogChanges(drain.Override(Share(healthy, time.Hour, drain.Lifetime, func() {})), zap.NewNop())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if v := verdict(ctx); !v.Healthy() {
			b.Fatal(v)
		}
	}
}
