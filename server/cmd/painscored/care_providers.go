package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// careProviders says whose the care units are:
//
//	care_provider: SE2321000131-E000000000001     # of every unit that is not named below
//	care_provider_of:
//	  SE2321000131-P000000000007: SE5566778899-0001 # a unit that somebody else runs
//
// What a patient says to a registry is kept under the provider's name. A start
// under a changed name is refused while choices are kept under the old one; see
// checkProviders.
func (c config) careProviders() (clinic.CareProviders, error) {
	providers := clinic.CareProviders{Own: c.site.CareProvider, Of: c.site.CareProviderOf}
	var problems []error
	check := func(key, name string) {
		if utf8.RuneCountInString(name) > clinic.MaxIDLength || slices.ContainsFunc([]rune(name), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
			problems = append(problems, fmt.Errorf("%s: %s is no HSA-id: at most %d printable characters without spaces", key, strconv.Quote(name), clinic.MaxIDLength))
		}
	}
	check("care_provider", providers.Own)
	for _, unit := range slices.Sorted(maps.Keys(providers.Of)) {
		check("care_provider_of", unit)
		check("care_provider_of", providers.Of[unit])
		if unit == "" || providers.Of[unit] == "" {
			problems = append(problems, errors.New("care_provider_of: a care unit or its provider is empty"))
		}
	}
	return providers, errors.Join(problems...)
}

// checkProviders refuses choices that are kept under a provider whom the
// configuration does not name: nobody would find them again, and a patient who
// has objected would count as one who was never asked. Where no provider is
// configured at all, callers name them, and none is wrong.
func checkProviders(ctx context.Context, providers clinic.CareProviders, st store.RegistryChoices) error {
	if providers.Own == "" && len(providers.Of) == 0 {
		return nil
	}
	kept, err := st.ChoiceProviders(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range kept {
		if name != providers.Own && !slices.Contains(slices.Collect(maps.Values(providers.Of)), name) {
			problems = append(problems, fmt.Errorf("patients' registry choices, objections among them perhaps, are kept under the care provider %s, which the configuration does not name:"+
				" if it has another name now, give \"painscored registry-choices move %s NEW-NAME\"; if it runs a unit of its own, name it under care_provider_of", name, name))
		}
	}
	return errors.Join(problems...)
}

const moveChoicesHelp = `Keep under another care provider's name what patients said to registries. Give it
when a provider's HSA-id has changed, with painscored stopped, before the first
start with the new name; until then that start is refused.

Where a patient has chosen under both names the stricter choice stands (objected,
then not informed, then informed), and the history of both is kept. There is no
way back: the two can no longer be told apart.`

func newRegistryChoices(getenv func(string) string) *cobra.Command {
	parent := &cobra.Command{Use: "registry-choices", Short: "what patients say to quality registries", Args: cobra.NoArgs}
	stopped := false
	cmd := &cobra.Command{
		Use: "move FROM TO", Short: "keep registry choices under another care provider's name", Long: moveChoicesHelp, Args: cobra.ExactArgs(2),
		Example: `  painscored registry-choices move SE2321000131-E000000000001 SE2321000131-E000000000002`,
	}
	place := addPlace(cmd, getenv)
	addStopped(cmd, &stopped)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		return moveChoices(cmd, cfg, stopped, args[0], args[1])
	}
	parent.AddCommand(cmd)
	return parent
}

func moveChoices(cmd *cobra.Command, cfg config, stopped bool, from, to string) (err error) {
	cfg.site.CareProvider, cfg.site.CareProviderOf = to, nil // checked as if it stood in the file
	if _, err := cfg.careProviders(); err != nil || from == "" || to == "" || from == to {
		return errors.Join(errors.New("two different names are needed, FROM and TO"), err)
	}
	if cfg.Store != "" && !stopped {
		return errors.New("PostgreSQL does not tell who uses the database: stop every painscored, and say so with --all-stopped; one that goes on would keep choices under the old name")
	}
	st, err := openAlone(cmd.Context(), cfg, stopped)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	n, err := st.MoveChoices(cmd.Context(), from, to, store.Act{By: operatorName(), At: time.Now(), Note: "care provider renamed from " + from + " to " + to})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Kept under %s now: the registry choices of %d of its patients.\n", to, n)
	return err
}

// operatorName is who gives a command here, as the history tells it.
func operatorName() string {
	if name := os.Getenv("USER"); name != "" {
		return "painscored, " + name
	}
	return "painscored"
}
