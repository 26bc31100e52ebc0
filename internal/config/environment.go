package config

import (
	"os"
	"reflect"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// Prefix begins the name of every variable.
const Prefix = "WSHEALTHZ_"

// environment is the text that WSHEALTHZ_* hold. envconfig stops at the first field that it cannot convert and we report
// every fault at once, so all fields are strings and judge converts them. The names come from the fields (TLS.CAFile is
// WSHEALTHZ_TLS_CA_FILE), without envconfig tags: those would read the name without the prefix too.
//
// `show` says how a value may be shown in logs, on pages and in faults: plain, url (without userinfo and query) or secret.
// `desc` is the text of help and README.
type environment struct {
	Target       string `split_words:"true" show:"url" desc:"ws:// or wss:// URL of the server, required; default ports 80 and 443; no userinfo, no fragment"`
	Address      string `split_words:"true" show:"plain" desc:"host name or IP address to dial instead of the target's host, such as the pod's own; URL, Host and TLS name stay the target's"`
	Check        string `split_words:"true" show:"plain" default:"handshake" desc:"how deep to check: handshake, ping, or a protocol: graphql-transport-ws, graphql-ws, socket.io, signalr, stomp, mqtt, mqtt5, wamp, phoenix, actioncable, jsonrpc, nats, xmpp, ocpp"`
	Timeout      string `split_words:"true" show:"plain" default:"3s" desc:"one budget from dial to verdict, above 0, at most 60s"`
	Subprotocols string `split_words:"true" show:"plain" desc:"comma-separated subprotocols, offered in this order; the server must choose one"`
	Extensions   string `split_words:"true" show:"plain" default:"permessage-deflate" desc:"extension that is offered as browsers do, permessage-deflate, or none"`
	Host         string `split_words:"true" show:"plain" desc:"Host header of the handshake; default: the target's host and port"`
	Origin       string `split_words:"true" show:"plain" desc:"Origin header of the handshake, such as https://example.com, or same: http:// (https:// for wss) and the Host; default: none"`
	Headers      string `split_words:"true" show:"secret" desc:"more headers of the handshake, one Name: value per line, sent in this order; User-Agent replaces wshealthz's own"`
	HeadersFile  string `split_words:"true" show:"plain" desc:"the same from a file, such as a mounted Secret; a name in it replaces the same name in WSHEALTHZ_HEADERS"`
	Send         string `split_words:"true" show:"secret" desc:"first message after the handshake: text, or binary as hex:...; with a protocol it replaces the protocol's own"`
	Expect       string `split_words:"true" show:"secret" desc:"regular expression (Go RE2, unanchored) that a message must match; with a protocol it replaces the healthy answer"`
	TLS          struct {
		CAFile     string `split_words:"true" show:"plain" desc:"PEM file of the certificate authorities to trust for wss://; default: the system's"`
		ServerName string `split_words:"true" show:"plain" desc:"name that the server's certificate must be valid for; default: the target's host"`
		CertFile   string `split_words:"true" show:"plain" desc:"PEM file of the client certificate, for servers that require one"`
		KeyFile    string `split_words:"true" show:"plain" desc:"PEM file of the client certificate's key"`
		SkipVerify string `split_words:"true" show:"plain" default:"false" desc:"true: accept any server certificate"`
	} `split_words:"true"`
	Listen string `split_words:"true" show:"plain" default:":10101" desc:"host:port of the health listener; port 0: any free port, the start line in the log tells which"`
	Path   string `split_words:"true" show:"plain" default:"/health" desc:"path of the health listener, compared with the decoded path as sent"`
	Serve  struct {
		CertFile string `split_words:"true" show:"plain" desc:"PEM file of the health listener's certificate; when set, it serves HTTPS"`
		KeyFile  string `split_words:"true" show:"plain" desc:"PEM file of that certificate's key"`
	} `split_words:"true"`
	MaxAge      string `split_words:"true" show:"plain" default:"1s" desc:"a verdict no older than this is given again, 0 or more"`
	AdminListen string `split_words:"true" show:"plain" default:"127.0.0.1:10102" desc:"host:port of the admin listener: page, status and metrics; peers on other machines get metrics and liveness only; set to the empty string: none"`
	Drain       struct {
		Wait     string `split_words:"true" show:"plain" default:"false" desc:"true: GET /drain on the health listener waits, for a preStop hook, until the gateway has noticed a drain"`
		Timeout  string `split_words:"true" show:"plain" default:"20s" desc:"wait at most this long for that, above 0, at most 1h"`
		Answers  string `split_words:"true" show:"plain" default:"2" desc:"how many 503s each gateway instance must have had, as many as make it unhealthy there"`
		Sessions string `split_words:"true" show:"plain" default:"0s" desc:"wait at most this much longer until nobody is connected to the server, at most 24h; 0: do not wait for that"`
	} `split_words:"true"`
	Log struct {
		Level  string `split_words:"true" show:"plain" default:"info" desc:"debug, info, warn or error"`
		Format string `split_words:"true" show:"plain" default:"json" desc:"json or console"`
	} `split_words:"true"`
}

// variables lists the fields of e, in the order of the struct.
func (e *environment) variables() []Variable {
	return appendVariables(nil, Prefix, reflect.ValueOf(e).Elem())
}

func appendVariables(list []Variable, prefix string, of reflect.Value) []Variable {
	for i := range of.NumField() {
		field, value := of.Type().Field(i), of.Field(i)
		name := prefix + snakeCase(field.Name)
		if value.Kind() == reflect.Struct {
			list = appendVariables(list, name+"_", value)
			continue
		}
		list = append(list, Variable{
			Name: name, Default: field.Tag.Get("default"), Description: field.Tag.Get("desc"),
			show: field.Tag.Get("show"), value: value.Addr().Interface().(*string),
		})
	}
	return list
}

// snakeCase returns a field's name as envconfig's split_words makes it: CAFile becomes CA_FILE. A test holds the two equal.
func snakeCase(name string) string {
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

// readEnvironment reads the variables. Set to the empty string counts as unset, except for WSHEALTHZ_ADMIN_LISTEN. environ
// is what os.Environ returns; envconfig takes the values from the process itself. The faults are names with our prefix
// that are not variables.
func readEnvironment(environ []string) (*environment, []Fault) {
	e := new(environment)
	if err := envconfig.Process(strings.TrimSuffix(Prefix, "_"), e); err != nil {
		panic(err) // all fields are strings: there is nothing to convert
	}
	variables := e.variables()
	for _, v := range variables {
		if _, set := os.LookupEnv(v.Name); *v.value == "" && !(set && v.value == &e.AdminListen) {
			*v.value = v.Default
		}
	}
	return e, unknownVariables(environ, variables)
}

// change sets variables to other values, or adds lines in the case of WSHEALTHZ_HEADERS.
func (e *environment) change(values map[string]string) {
	for _, v := range e.variables() {
		value, found := values[v.Name]
		switch {
		case !found:
		case v.value == &e.Headers:
			e.Headers = strings.TrimPrefix(e.Headers+"\n"+value, "\n")
		case value == "":
			*v.value = v.Default
		default:
			*v.value = value
		}
	}
}
