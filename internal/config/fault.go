package config

// A Fault is one thing that is wrong with the configuration.
type Fault struct {
	Name string // of the variable, or URL for the argument of check
	Text string // what it holds, never a secret, and what it must be
}

func (f Fault) String() string { return f.Name + ": " + f.Text }
