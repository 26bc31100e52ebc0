// Package config makes a Config of the environment (WSHEALTHZ_*), or reports everything that is wrong with it at once. What
// comes from files is read again when they change.
package config

import (
	"crypto/tls"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

// A Config is an environment without faults.
type Config struct {
	Target      upgrade.Target
	MaxAge      time.Duration
	Listen      string // host:port
	AdminListen string // host:port, "" for none
	Path        string
	Drain       Drain
	LogLevel    string // debug, info, warn or error
	LogFormat   string // json or console
	Settings    []Setting

	// Certificate returns the health listener's certificate as it is now; nil when it serves plain HTTP.
	Certificate func() (*tls.Certificate, error)
	// Log gets a line when a file becomes bad or good again; their field "variables" names the variables of the file. Set it
	// before the first probe. Default: nothing is logged.
	Log *zap.Logger
}

// Load judges the whole environment. environ is what os.Environ returns. url, the command line's, replaces the target when
// it is not empty. version goes into the User-Agent of the handshake. All faults are found at once; with any the Config is
// of no use.
func Load(environ []string, url, version string) (*Config, []Fault) {
	return LoadWith(environ, url, version, nil)
}

// LoadWith is Load with changes to the environment: values by the name of their variable. An empty value unsets a variable.
// A value for WSHEALTHZ_HEADERS is lines that are added to those that are set, so that nobody needs to know what these hold.
// A target among the changes replaces url too. The process's environment stays as it is.
func LoadWith(environ []string, url, version string, changes map[string]string) (*Config, []Fault) {
	e, faults := readEnvironment(environ)
	j := &judge{environment: e, variables: e.variables(), config: &Config{Log: zap.NewNop()}, faults: faults}
	if url != "" {
		e.Target = url
		j.variable(&e.Target).Name = "URL"
	}
	e.change(changes)
	j.config.Target.UserAgent = "wshealthz/" + version
	j.log()
	j.target()
	j.handshake()
	j.headers()
	j.tls()
	j.listeners()
	j.serveTLS()
	j.exchange()
	j.drain()
	j.config.Settings = e.settings()
	return j.config, j.faults
}

// judge turns text into a Config, or into faults.
type judge struct {
	*environment
	variables []Variable
	config    *Config
	faults    []Fault
}

// variable finds the variable of a field of the environment.
func (j *judge) variable(field *string) *Variable {
	i := slices.IndexFunc(j.variables, func(v Variable) bool { return v.value == field })
	return &j.variables[i]
}

// fault records a fault of a field's variable in words of its own.
func (j *judge) fault(field *string, text string) {
	j.faults = append(j.faults, Fault{j.variable(field).Name, text})
}

// wrong records that a field's variable does not hold what it must.
func (j *judge) wrong(field *string, must string) { j.wrongAs(field, "", must) }

// wrongAs records what wrong does, with words about what the variable holds, such as " with a fragment".
func (j *judge) wrongAs(field *string, about, must string) {
	j.fault(field, j.variable(field).holds()+about+", must "+must)
}

func (j *judge) duration(field *string, least, most time.Duration, must string) time.Duration {
	d, err := time.ParseDuration(*field)
	if err != nil || d < least || d > most {
		j.wrong(field, must)
	}
	return d
}

func (j *judge) boolean(field *string) bool {
	b, err := strconv.ParseBool(*field)
	if err != nil {
		j.wrong(field, "be true or false")
	}
	return b
}

func (j *judge) oneOf(field *string, choices ...string) {
	if !slices.Contains(choices, *field) {
		j.wrong(field, "be "+strings.Join(choices[:len(choices)-1], ", ")+" or "+choices[len(choices)-1])
	}
}

func (j *judge) log() {
	j.oneOf(&j.Log.Level, "debug", "info", "warn", "error")
	j.oneOf(&j.Log.Format, "json", "console")
	j.config.LogLevel, j.config.LogFormat = j.Log.Level, j.Log.Format
}
