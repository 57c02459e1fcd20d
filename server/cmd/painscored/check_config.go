package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/access/signin"
)

const checkConfigHelp = `Read the settings as a start would – flags, environment, --config file – and say
everything that is wrong with them at once: unknown keys, addresses that would
be open, sign-in, definitions, keys, TLS files and when they end.

Nothing is written, no store is opened and nobody is contacted, but with --issuer
the issuers that sign_in names: it fetches their keys and endpoints.

The exit status is 0 if painscored could start, also where something wants
attention (WARN), and 2 if it could not (FAIL).`

var silent = slog.New(slog.DiscardHandler)

func newCheckConfig(getenv func(string) string) *cobra.Command {
	var issuer bool
	cmd := &cobra.Command{
		Use: "check-config", Short: "say everything that is wrong with the settings", Long: checkConfigHelp, Args: cobra.NoArgs,
		Example: `  painscored check-config --config /etc/painscore/painscore.yaml --issuer`,
	}
	all := make([]string, len(settings))
	for i, s := range settings {
		all[i] = s.name
	}
	resolve := addPlace(cmd, getenv, all...)
	cmd.Flags().BoolVar(&issuer, "issuer", false, "contact the issuers, too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := resolve()
		findings := settingsFound(cfg, err)
		if cfg.Data != "" { // else the file could not even be read
			findings = append(findings, checkParts(cfg, time.Now())...)
			if issuer {
				findings = append(findings, checkIssuers(cmd.Context(), cfg))
			}
		}
		if err := printFindings(cmd.OutOrStdout(), findings, false); err != nil {
			return err
		}
		if slices.ContainsFunc(findings, func(f finding) bool { return f.level == fail }) {
			return exitStatus(fail)
		}
		return nil
	}
	return cmd
}

// settingsFound is a finding for each problem that loadConfig has listed, one a
// line. A file that is no YAML has one only, with the lines around it.
func settingsFound(cfg config, err error) (findings []finding) {
	if err == nil {
		return []finding{{"settings", ok, "every setting is known and fits the others", ""}}
	}
	problems := []string{err.Error()}
	if cfg.Data != "" {
		problems = strings.Split(err.Error(), "\n")
	}
	for _, problem := range problems {
		findings = append(findings, finding{"settings", fail, problem, ""})
	}
	return findings
}

// checkParts tries everything that a start would need besides the store.
func checkParts(cfg config, now time.Time) []finding {
	findings := []finding{checkDefinitions(cfg), checkDataFolder(cfg), checkKeyFile(cfg)}
	if cfg.signIn.Empty() {
		return append(findings, finding{"sign_in", ok, "not configured: local mode, for this machine only", ""})
	}
	return append(findings, checkSignIn(cfg), checkCertificates(cfg, now))
}

func checkDefinitions(cfg config) finding {
	if _, err := loadCatalogue(cfg); err != nil {
		return finding{"definitions", fail, err.Error(), "painscore instruments check FILE says more"}
	}
	return finding{"definitions", ok, "every definition loads, and its worked examples come out", ""}
}

// checkDataFolder looks whether there is a place for what belongs to the store.
func checkDataFolder(cfg config) finding {
	const name = "data"
	journal := filepath.Dir(cfg.ErasureJournal)
	if info, err := os.Stat(journal); journal != filepath.Clean(cfg.Data) && (err != nil || !info.IsDir()) {
		return finding{name, fail, "the folder of the erasure journal is not there: " + journal, "make it, for the user who runs painscored"}
	}
	info, err := os.Stat(cfg.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{name, ok, cfg.Data + " will be made by the first start", ""}
	case err != nil:
		return finding{name, fail, err.Error(), "run this as the user who runs painscored"}
	case !info.IsDir():
		return finding{name, fail, cfg.Data + " is no folder", "name another with --data"}
	}
	return finding{name, ok, cfg.Data, ""}
}

// checkKeyFile looks whether the keys can be read; whether they fit the database
// says doctor.
func checkKeyFile(cfg config) finding {
	const name = "keys"
	_, err := cfg.loadKeys()
	_, noDatabase := os.Stat(cfg.database())
	switch {
	case err == nil:
		return finding{name, ok, "the keys in " + cfg.keysPlace() + " can be read", ""}
	case errors.Is(err, fs.ErrNotExist) && cfg.ownKeys() && (cfg.Store != "" || noDatabase != nil):
		return finding{name, ok, "the first start makes " + cfg.keysPlace(), "then save them elsewhere: painscored keys save --to FILE"}
	}
	return finding{name, fail, err.Error(), "put back the copy you saved: without it no patient can be found"}
}

// checkSignIn reads the files that sign_in names.
func checkSignIn(cfg config) finding {
	const name = "sign_in"
	err := checkTLS(cfg)
	for _, open := range []func() error{
		func() error { _, err := signin.New(cfg.signIn, signin.Options{}); return err },
		func() error { _, err := signin.NewPages(cfg.signIn, signin.Options{}, nil); return err },
	} {
		if cfg.signIn.Check() == nil { // else it stands among the settings
			err = errors.Join(err, open())
		}
	}
	if err != nil {
		return finding{name, fail, strings.ReplaceAll(err.Error(), "\n", "; "), "run this as the user who runs painscored"}
	}
	pages := "nobody can sign in to the pages: sign_in.pages is missing"
	if cfg.signIn.Pages != nil {
		pages = "people sign in to the pages at " + cfg.signIn.Pages.URL
	}
	return finding{name, ok, fmt.Sprintf("%d systems may call; %s", len(cfg.signIn.Systems), pages), ""}
}

func checkIssuers(ctx context.Context, cfg config) finding {
	const name = "issuer"
	if problems := cfg.signIn.Reach(ctx); len(problems) > 0 {
		return finding{name, fail, strings.ReplaceAll(errors.Join(problems...).Error(), "\n", "; "), "see that it can be reached from here, and that its address is right to the letter"}
	}
	return finding{name, ok, "every issuer that is configured answers", ""}
}
