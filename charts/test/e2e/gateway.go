package main

import (
	"context"
	"flag"
	"fmt"
	"time"
)

// gateway probes a backend until it is healthy or unhealthy, as the first argument says, and prints each answer.
func gateway(args []string) error {
	flags := flag.NewFlagSet("gateway", flag.ExitOnError)
	probeOf := probeFlags(flags)
	within := flags.Duration("within", time.Minute, "time after which to give up")
	flags.Parse(args)
	if flags.NArg() != 2 {
		return fmt.Errorf("gateway has arguments %q, must have [flags] healthy|unhealthy ADDRESS", flags.Args())
	}
	return probeOf(flags.Arg(1)).until(flags.Arg(0) == "healthy", *within)
}

func (p *probe) until(healthy bool, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	tick := time.NewTicker(p.interval)
	defer tick.Stop()
	var health health
	for {
		succeeded, answer := p.send(ctx)
		fmt.Println(answer)
		health.add(succeeded, p.threshold)
		if healthy && health.healthy || !healthy && health.failures >= p.threshold {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s was not healthy=%t within %s", p.address.Host, healthy, within)
		}
	}
}
