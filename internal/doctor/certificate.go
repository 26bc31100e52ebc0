package doctor

import "time"

const day = 24 * time.Hour

// certificateSoon is how long before its end a certificate is worth a warning.
const certificateSoon = 14 * day

// A Certificate is the end of a certificate's validity.
type Certificate struct {
	Owner string    // whose it is: the server's, or the health listener's
	Ends  time.Time // zero without TLS
}

// Left returns how long the certificate is still valid; below 0 when it has ended.
func (c Certificate) Left(now time.Time) time.Duration { return c.Ends.Sub(now) }

// Days returns Left in whole days.
func (c Certificate) Days(now time.Time) int { return int(c.Left(now) / day) }

// Soon reports whether the certificate has ended or ends within 14 days.
func (c Certificate) Soon(now time.Time) bool { return c.Left(now) < certificateSoon }
