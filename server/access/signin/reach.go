package signin

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Reach fetches what the configured issuers publish – the keys of tokens, the
// pages' keys and endpoints – and lists what does not work. A server that starts
// contacts nobody, so that this is a check for people who set one up.
func (c Config) Reach(ctx context.Context) (problems []error) {
	add := func(section string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: the issuer: %w", section, err))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*fetchTime)
	defer cancel()
	if c.Tokens != nil {
		add("tokens", reachKeys(ctx, *c.Tokens))
	}
	if c.Pages == nil {
		return problems
	}
	add("pages", reachKeys(ctx, c.Pages.tokens()))
	p, err := newProvider(*c.Pages, Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err == nil {
		_, err = p.fetch(ctx)
	}
	add("pages", err)
	return problems
}

func reachKeys(ctx context.Context, cfg TokenConfig) error {
	source, err := newKeySource(cfg, nil)
	if err != nil {
		return err
	}
	_, err = source.fetch(ctx)
	return err
}
