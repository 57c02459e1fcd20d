package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

const storeHelp = `Copy a whole store to another place or engine, with every version and change.

FROM and TO are a data folder, a database file, or the address of a PostgreSQL
database. Stop every painscored that uses one of them first; TO must be new or
empty. Both are then read through, and each table's rows and digest are printed
side by side: the copy counts only if all agree. Until then it is marked, and
painscored refuses to start with it.

  painscored store copy /var/lib/painscore 'postgres://painscore@db1/painscore?sslmode=verify-full'

The password of a role is better kept in a file (~/.pgpass, or PGPASSFILE) than
in an address that others see in the list of processes. FROM is brought to this
program's schema first, and else left as it is.`

func newStore() *cobra.Command {
	cmd := &cobra.Command{
		Use: "store", Short: "copy the whole store to another place or engine", Long: storeHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "copy FROM TO", Short: "copy a store and prove that all of it arrived", Long: storeHelp, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return copyStore(cmd.Context(), args[0], args[1], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	})
	return cmd
}

func copyStore(ctx context.Context, fromName, toName string, stdout, stderr io.Writer) (err error) {
	from, err := openOneSide(ctx, fromName, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openOneSide(ctx, toName, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	result, err := sqlstore.Copy(ctx, from, to, progressTo(stderr))
	printCopied(stdout, result)
	if errors.Is(err, sqlstore.ErrNotEmpty) || errors.Is(err, sqlstore.ErrUnfinishedCopy) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w\n%s is unfinished and cannot be used: delete it, and copy again", err, placeOf(toName))
	}
	fmt.Fprintf(stdout, "\nAll tables agree. %s\n", keyAdvice(fromName, toName))
	return nil
}

// openOneSide opens a store that painscore has been told of by its place. Only
// TO may be made: a mistyped FROM would be an empty store, faithfully copied.
func openOneSide(ctx context.Context, name string, mayMake bool) (store.Store, error) {
	if postgres.IsAddress(name) {
		return postgres.Open(ctx, name, postgres.Options{})
	}
	path := fileOf(name)
	if _, err := os.Stat(path); err != nil && !mayMake {
		return nil, fmt.Errorf("there is no store to copy: %w", err)
	}
	return sqlite.Open(ctx, path, sqlite.Options{})
}

// fileOf is the database file of a data folder, or the file itself. A place
// that is not there yet is a folder, unless it is named like a database.
func fileOf(name string) string {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() || err != nil && filepath.Ext(name) != filepath.Ext(databaseFile) {
		return filepath.Join(name, databaseFile)
	}
	return name
}

func placeOf(name string) string {
	if postgres.IsAddress(name) {
		return postgres.Place(name)
	}
	return fileOf(name)
}

// keyAdvice tells what a copy of the database leaves behind. The key file is
// not copied along: it may be headed for another machine than the database is,
// and whoever moves it should know that they do.
func keyAdvice(fromName, toName string) string {
	from, to := "the old data folder", "the data folder (--data) of each painscored that will use it"
	if !postgres.IsAddress(fromName) {
		from = filepath.Dir(fileOf(fromName))
	}
	if !postgres.IsAddress(toName) {
		to = filepath.Dir(fileOf(toName))
	}
	return fmt.Sprintf("The key file is not part of it: copy %s from %s to %s, or no patient can be found.", keyFile, from, to)
}

// progressTo tells now and then how far the copy is.
func progressTo(w io.Writer) func(string, int64) {
	const every = 20_000
	told := map[string]int64{}
	return func(table string, rows int64) {
		if rows >= told[table]+every {
			told[table] = rows
			fmt.Fprintf(w, "%s: %d rows\n", table, rows)
		}
	}
}

func printCopied(w io.Writer, result []sqlstore.CopiedTable) {
	if len(result) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "table\trows\tarrived\tdigest\tarrived\t")
	for _, c := range result {
		verdict := ""
		if !c.Same() {
			verdict = "DIFFERS"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%.6x\t%.6x\t%s\n", c.Name, c.FromRows, c.ToRows, c.FromDigest, c.ToDigest, verdict)
	}
	table.Flush()
}
