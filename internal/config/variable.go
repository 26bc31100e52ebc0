package config

import (
	"strconv"
	"strings"
)

// A Variable is one variable of the environment.
type Variable struct {
	Name        string // with the prefix
	Default     string // "" for none
	Description string // what help and the README say of it

	show  string // how its value may be shown: plain, url or secret
	value *string
}

// Variables returns all variables, in the order of help and README.
func Variables() []Variable { return new(environment).variables() }

// A Setting is a variable and its value as it may be shown.
type Setting struct{ Name, Value string }

// redacted stands for a value that is never shown.
const redacted = "…"

// shown returns the value as it may be shown; "" for an empty one. A variable whose tag names no way to show it panics:
// nothing is shown by accident.
func (v Variable) shown() string {
	switch {
	case *v.value == "":
		return ""
	case v.show == "plain":
		return *v.value
	case v.show == "url":
		return RedactURL(*v.value)
	case v.show == "secret":
		return redacted
	}
	panic(v.Name + " has no show tag")
}

// holds describes the value for a fault: quoted, or nothing but that there is one.
func (v Variable) holds() string {
	switch {
	case *v.value == "":
		return "is not set"
	case v.show == "secret":
		return "is set"
	}
	return "is " + strconv.Quote(v.shown())
}

// settings returns the variables that hold something.
func (e *environment) settings() (list []Setting) {
	for _, v := range e.variables() {
		if value := v.shown(); value != "" {
			list = append(list, Setting{v.Name, value})
		}
	}
	return list
}

// RedactURL returns text that may be a URL, or was meant as one, without what may be userinfo and without the query.
func RedactURL(raw string) string {
	shown := raw
	if at := strings.LastIndex(shown, "@"); at >= 0 {
		scheme := ""
		if start := strings.Index(shown[:at], "://"); start >= 0 {
			scheme = shown[:start+len("://")]
		}
		shown = scheme + redacted + shown[at:]
	}
	shown, _, query := strings.Cut(shown, "?")
	if query {
		shown += "?" + redacted
	}
	return shown
}
