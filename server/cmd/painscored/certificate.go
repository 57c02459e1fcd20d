package main

import (
	"fmt"
	"time"

	"github.com/painscore/painscore/server/access/signin"
)

// endsSoon is how long before the end of a certificate it is time to renew it:
// an authority of the care sector may take weeks.
const endsSoon = 30 * 24 * time.Hour

// checkCertificates looks when the certificates of the configuration end.
func checkCertificates(cfg config, now time.Time) finding {
	const name = "certificate"
	if cfg.signIn.TLS == nil {
		return finding{name, ok, "no TLS is configured: only this machine is served", ""}
	}
	endings, err := cfg.signIn.TLS.Endings()
	if err != nil {
		return finding{name, fail, err.Error(), "put the files back, readable for the user who runs painscored"}
	}
	first := endings[0]
	for _, each := range endings[1:] {
		if each.At.Before(first.At) {
			first = each
		}
	}
	found := fmt.Sprintf("%s ends on %s", first.Setting, first.At.Format(time.RFC3339))
	switch left := first.At.Sub(now); {
	case left <= 0:
		return finding{name, fail, found + ": nobody can connect by it any more", renew}
	case left < endsSoon:
		return finding{name, warn, fmt.Sprintf("%s, in %d days", found, int(left.Hours()/24)), renew}
	}
	return finding{name, ok, found, ""}
}

const renew = "renew it and replace the files: a running painscored takes the new ones by itself"

// checkTLS looks whether a server could use the files.
func checkTLS(cfg config) error {
	if cfg.signIn.TLS == nil {
		return nil
	}
	_, err := signin.LoadTLS(*cfg.signIn.TLS, silent)
	return err
}
