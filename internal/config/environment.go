package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/kelseyhightower/envconfig"
)

// prefix is what every variable's name begins with.
const prefix = "WSHEALTHZ_"

// environment is what WSHEALTHZ_* holds, as text: envconfig stops at the first field that it cannot convert, and
// we report all faults at once, so judge converts. The names come from the fields (TLS.CAFile is
// WSHEALTHZ_TLS_CA_FILE), without envconfig tags, which would read the name without the prefix too. `desc` is the
// help's and the README's text.
type environment struct {
	Target       string `split_words:"true" desc:"ws:// or wss:// URL of the server, required; default ports 80 and 443; no userinfo, no fragment"`
	Address      string `split_words:"true" desc:"host name or IP address to dial instead of the target's host, such as the pod's own; URL, Host and TLS name stay the target's"`
	Check        string `split_words:"true" default:"handshake" desc:"how deep to look: handshake, ping, or a protocol: graphql-transport-ws, graphql-ws, socket.io, signalr, stomp, mqtt, mqtt5, wamp, phoenix, actioncable, jsonrpc, nats, xmpp, ocpp"`
	Timeout      string `split_words:"true" default:"3s" desc:"one budget from dial to verdict, above 0, at most 60s"`
	Subprotocols string `split_words:"true" desc:"comma list of subprotocols, offered in this order; the server must choose one"`
	Host         string `split_words:"true" desc:"Host header of the handshake; unset: the target's host and port"`
	Origin       string `split_words:"true" desc:"Origin header of the handshake, such as https://example.com; same: http:// (https:// for wss) and the Host; unset: none"`
	Headers      string `split_words:"true" desc:"more headers of the handshake, one Name: value a line, sent in this order; User-Agent replaces ours"`
	HeadersFile  string `split_words:"true" desc:"the same from a file, such as a mounted Secret; a name in it replaces the same name in WSHEALTHZ_HEADERS"`
	Send         string `split_words:"true" desc:"first message after the handshake, text, or binary as hex:...; with a protocol it replaces the protocol's own"`
	Expect       string `split_words:"true" desc:"regular expression (Go RE2, unanchored) that a message must match; with a protocol it replaces what is healthy"`
	TLS          struct {
		CAFile     string `split_words:"true" desc:"PEM file of the certificate authorities to trust for wss://; unset: the system's"`
		ServerName string `split_words:"true" desc:"name that the server's certificate must hold; unset: the target's host"`
		CertFile   string `split_words:"true" desc:"PEM file of our certificate, for servers that demand one"`
		KeyFile    string `split_words:"true" desc:"PEM file of that certificate's key"`
		SkipVerify string `split_words:"true" default:"false" desc:"true: take any certificate of the server"`
	} `split_words:"true"`
	Listen string `split_words:"true" default:":10101" desc:"host:port of the health listener; port 0: any free one, the start line tells which"`
	Path   string `split_words:"true" default:"/health" desc:"path that is answered, compared with the decoded path as sent"`
	Serve  struct {
		CertFile string `split_words:"true" desc:"PEM file of the health listener's certificate; set: it speaks HTTPS"`
		KeyFile  string `split_words:"true" desc:"PEM file of that certificate's key"`
	} `split_words:"true"`
	MaxAge      string `split_words:"true" default:"1s" desc:"a verdict no older than this is given again, 0 or more"`
	AdminListen string `split_words:"true" default:"127.0.0.1:10102" desc:"host:port of the admin listener: page, status and metrics; peers on other machines get metrics alone; set to the empty string: none"`
	Drain       struct {
		Wait    string `split_words:"true" default:"false" desc:"true: wait until the gateway has noticed a drain (not in this version)"`
		Timeout string `split_words:"true" default:"20s" desc:"at most this long (not in this version)"`
		Answers string `split_words:"true" default:"2" desc:"this many answers (not in this version)"`
	} `split_words:"true"`
	Log struct {
		Level  string `split_words:"true" default:"info" desc:"debug, info, warn or error"`
		Format string `split_words:"true" default:"json" desc:"json or console"`
	} `split_words:"true"`
}

// A variable is one field of the environment.
type variable struct {
	name, def, desc string
	value           *string
}

// variables lists the fields of e, in the order of the struct.
func (e *environment) variables() []variable {
	return appendVariables(nil, prefix, reflect.ValueOf(e).Elem())
}

func appendVariables(list []variable, prefix string, of reflect.Value) []variable {
	for i := range of.NumField() {
		field, value := of.Type().Field(i), of.Field(i)
		name := prefix + snake(field.Name)
		if value.Kind() == reflect.Struct {
			list = appendVariables(list, name+"_", value)
			continue
		}
		list = append(list, variable{name, field.Tag.Get("default"), field.Tag.Get("desc"), value.Addr().Interface().(*string)})
	}
	return list
}

// snake is a field's name as envconfig's split_words makes it: CAFile is CA_FILE. A test holds the two equal.
func snake(name string) string {
	isLower := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= 'a' }
	var words strings.Builder
	for i := range len(name) {
		if i > 0 && !isLower(i) && (isLower(i-1) || isLower(i+1)) {
			words.WriteByte('_')
		}
		words.WriteByte(name[i])
	}
	return strings.ToUpper(words.String())
}

// readEnvironment reads the variables. Set to the empty string is unset, except WSHEALTHZ_ADMIN_LISTEN. environ
// is what os.Environ returns; envconfig takes the values from the process itself. The faults are the names with our
// prefix that are no variable.
func readEnvironment(environ []string) (*environment, []fault) {
	e := new(environment)
	if err := envconfig.Process(strings.TrimSuffix(prefix, "_"), e); err != nil {
		panic(err) // all fields are text: there is nothing to convert
	}
	for _, v := range e.variables() {
		if _, set := os.LookupEnv(v.name); *v.value == "" && !(set && v.value == &e.AdminListen) {
			*v.value = v.def
		}
	}
	return e, unknown(environ, e.variables())
}

// injected are the names that Kubernetes sets for Services (docker links) whose own name begins with wshealthz.
const (
	injected     = `^WSHEALTHZ_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`
	injectedPort = `^WSHEALTHZ_([^=]+_)?PORT=(tcp|udp|sctp)://`
)

// isInjected compiles only where there is a name to look at: most starts have none.
func isInjected(name, entry string) bool {
	return regexp.MustCompile(injected).MatchString(name) || regexp.MustCompile(injectedPort).MatchString(entry)
}

func unknown(environ []string, known []variable) []fault {
	var faults []fault
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		isKnown := slices.ContainsFunc(known, func(v variable) bool { return v.name == name })
		if isKnown || !strings.HasPrefix(name, prefix) || isInjected(name, entry) {
			continue
		}
		nearest := slices.MinFunc(known, func(a, b variable) int {
			return levenshtein.ComputeDistance(a.name, name) - levenshtein.ComputeDistance(b.name, name)
		})
		faults = append(faults, fault{name, "is no variable of wshealthz, the nearest is " + nearest.name})
	}
	slices.SortFunc(faults, func(a, b fault) int { return strings.Compare(a.name, b.name) })
	return faults
}
