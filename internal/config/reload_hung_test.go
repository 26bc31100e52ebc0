package config

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// A hungFile is the only file of a reloader, on a file system that hangs.
type hungFile struct {
	reads atomic.Int32 // that wait

	mu      sync.Mutex
	content string
	hang    chan struct{} // a read waits for it; nil: it does not
}

func (f *hungFile) set(content string, hang chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.content, f.hang = content, hang
}

func (f *hungFile) read(string, []byte, []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if hang := f.hang; hang != nil {
		f.reads.Add(1)
		f.mu.Unlock()
		<-hang
		f.mu.Lock()
		f.reads.Add(-1)
	}
	return []byte(f.content), nil
}

// reload returns a reloader of the file's text, which is bad when it is "bad", for probes with this timeout.
func (f *hungFile) reload(timeout time.Duration) (*reloader[string], *observer.ObservedLogs) {
	core, lines := observer.New(zapcore.InfoLevel)
	path := "file"
	return &reloader[string]{
		config: &Config{Log: zap.New(core), Target: upgrade.Target{Timeout: timeout}}, read: f.read,
		variables: []*Variable{{Name: "WSHEALTHZ_X_FILE", value: &path}},
		parse: func(contents [][]byte) (string, error) {
			switch string(contents[0]) {
			case "bad":
				return "", errBad
			case "panic":
				panic(errBad)
			}
			return string(contents[0]), nil
		},
	}, lines
}

var errBad = errors.New("it is bad")

// takeMessages returns what was logged since the last call.
func takeMessages(lines *observer.ObservedLogs) string {
	var messages []string
	for _, line := range lines.TakeAll() {
		messages = append(messages, line.Level.String()+" "+line.Message)
	}
	return strings.Join(messages, "\n")
}

const (
	slowLine = "warn reading a file takes longer than 100ms, the last good content stays in use"
	badLine  = "warn a file is bad, the last good content stays in use"
	goodLine = "info a file is good again, its content is in use"
)

// TestHungFile: those who need a file that hangs wait once, for the bounded time, then nobody does, and there is one look at
// most. What was stuck is taken over when it ends, and the next look finds what is there.
func TestHungFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := &hungFile{content: "one"}
		r, lines := file.reload(3 * time.Second)
		if err := r.start(startWait); err != nil {
			t.Fatal(err)
		}
		expect := func(when, want string, wait time.Duration, logged string) {
			t.Helper()
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() {
					began := time.Now()
					if got := r.get(); got != want || time.Since(began) != wait {
						t.Errorf("%s: %q after %v, want %q after %v", when, got, time.Since(began), want, wait)
					}
				})
			}
			callers.Wait()
			if got := takeMessages(lines); got != logged {
				t.Errorf("%s: logged %q, want %q", when, got, logged)
			}
		}
		expect("at first", "one", 0, "")
		for range 3 {
			hang := make(chan struct{})
			file.set("two", hang)
			expect("hanging", "one", maxWait, slowLine)
			expect("still hanging", "one", 0, "")
			time.Sleep(time.Hour)
			expect("an hour later", "one", 0, "")
			if n := file.reads.Load(); n != 1 {
				t.Errorf("%d looks, want one", n)
			}
			close(hang)
			synctest.Wait()
			file.set("one", nil)
			expect("back", "one", 0, goodLine)
		}
		hang := make(chan struct{})
		file.set("bad", hang)
		expect("hanging again", "one", maxWait, slowLine)
		close(hang)
		synctest.Wait()
		expect("back with bad content", "one", 0, badLine)
		file.set("bad", nil)
		expect("still bad", "one", 0, "")
		file.set("two", nil)
		expect("good", "two", 0, goodLine)
	})
}

// TestWaitForAFile: it is a small part of a short timeout, and half of it is kept for after a pause of the process.
func TestWaitForAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := &hungFile{}
		r, _ := file.reload(400 * time.Millisecond)
		if err := r.start(startWait); err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		defer close(hang)
		file.set("", hang)
		began := time.Now()
		r.get()
		if waited := time.Since(began); waited != 20*time.Millisecond {
			t.Errorf("waited %v, want 20ms", waited)
		}
	})
}

// TestHungAtTheStart: it ends with a fault, not never.
func TestHungAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		defer close(hang)
		file := &hungFile{hang: hang}
		r, _ := file.reload(time.Minute)
		began := time.Now()
		if err := r.start(startWait); err == nil || err.Error() != "reading takes longer than 5s" || time.Since(began) != startWait {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestPanicInParse is an error like any other, and its stack is logged once.
func TestPanicInParse(t *testing.T) {
	file := &hungFile{content: "good"}
	r, lines := file.reload(time.Minute)
	if err := r.start(testbed.Patience); err != nil {
		t.Fatal(err)
	}
	r.wait = testbed.Patience
	file.set("panic", nil)
	for range 3 {
		if got := r.get(); got != "good" {
			t.Errorf("%q, want the last good content", got)
		}
	}
	if got := takeMessages(lines); got != "error panic in parsing a file\n"+badLine {
		t.Errorf("logged %q", got)
	}
}
