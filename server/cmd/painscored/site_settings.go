package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// The settings commands talk to a running server and never open its database:
// the server holds the file alone, knows the definitions that a norm is checked
// against, and writes down who changed what. So there is one way to change a
// setting, and it takes effect at once.

const settingsHelp = `Show and change what the site has decided: norms, windows, batteries,
active definitions.

The commands talk to the running server at --grpc, and sign in by --token-file, or
in local mode by local.token in the data folder. A change holds from the next
call on, in every process on the same database; each version is kept with who
made it, when and why (--note).

  norm               how large a change of a scale must be: an MCID, an SDC, or a
                     standard deviation and a reliability to compute the SDC from.
                     It decides in place of the published one, and its name, date
                     and source are shown with each verdict
  window             within how many days an occasion's forms are on time. It wins
                     over windows: in the server's --config file, and that over
                     the defaults
  battery            which forms are expected at an occasion, from a day on; also
                     how a unit switches on an occasion of its own
  active definition  which version of an instrument scores new sheets. A new
                     version is never activated by an upgrade or a file, only here;
                     stored scores stay as they are

A unit's own norm, window or battery wins over the one for every unit.`

// settingsConnection are the flags that all of them share.
type settingsConnection struct {
	grpc          string
	ca, cert, key string
	tokenFile     string
	json          bool
}

func newSettings(getenv func(string) string) *cobra.Command {
	var conn settingsConnection
	cmd := &cobra.Command{
		Use: "settings", Short: "show and change what the site has decided", Long: settingsHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // and not silence after a mistyped name
	}
	address := defaultGRPC
	if env := getenv("PAINSCORE_GRPC"); env != "" {
		address = env
	}
	cmd.PersistentFlags().StringVar(&conn.grpc, "grpc", address, "address of the running server ($PAINSCORE_GRPC)")
	for _, flag := range []struct {
		value     *string
		name, env string
		what      string
	}{
		{&conn.ca, "ca", "PAINSCORE_CA", "file of the authorities of the server's certificate"},
		{&conn.cert, "cert", "PAINSCORE_CERT", "file of the client certificate to sign in with"},
		{&conn.key, "key", "PAINSCORE_KEY", "file of the client certificate's key"},
		{&conn.tokenFile, "token-file", "PAINSCORE_TOKEN_FILE", "file of the token to sign in with; on this machine painscored's own is found"},
	} {
		cmd.PersistentFlags().StringVar(flag.value, flag.name, getenv(flag.env), flag.what+" ($"+flag.env+")")
	}
	cmd.PersistentFlags().BoolVar(&conn.json, "json", false, "print JSON for programs, one setting per line")
	cmd.AddCommand(settingsList(&conn), settingsSetNorm(&conn), settingsSetWindow(&conn), settingsSetBattery(&conn), settingsActivate(&conn), settingsRemove(&conn))
	return cmd
}

// call connects, runs do, and hangs up.
func (c *settingsConnection) call(ctx context.Context, do func(context.Context, pb.AdminServiceClient) error) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	server, err := client.Dial(c.grpc, options...)
	if err != nil {
		return fmt.Errorf("--grpc: %w", err)
	}
	defer server.Close()
	err = do(ctx, server.Admin())
	if status.Code(err) == codes.Unavailable && client.ReasonOf(err) == pb.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return fmt.Errorf("no server answers at %s: start painscored first, or name its address with --grpc", c.grpc)
	}
	return err
}

// options say how to reach the server and how to sign in.
func (c *settingsConnection) options() ([]client.Option, error) {
	options := []client.Option{client.WithAttempts(2)}
	if c.ca+c.cert+c.key != "" || c.tokenFile != "" && !client.Loopback(c.grpc) {
		secure, err := client.WithCertificate(c.ca, c.cert, c.key)
		if err != nil {
			return nil, err
		}
		options = append(options, secure)
	}
	token := c.tokenFile
	if token == "" && c.cert == "" {
		token = client.LocalToken(c.grpc)
	}
	if token != "" {
		options = append(options, client.WithTokenFile(token))
	}
	return options, nil
}

// decision are the flags of the commands that change a setting.
type decision struct {
	unit      string
	everyUnit bool
	etag      string
	note      string
}

func (d *decision) flags(cmd *cobra.Command, ofUnit bool) {
	if ofUnit {
		cmd.Flags().StringVar(&d.unit, "unit", "", "HSA-id of the care unit it is for")
		cmd.Flags().BoolVar(&d.everyUnit, "every-unit", false, "it is for every unit that has none of its own")
		cmd.MarkFlagsOneRequired("unit", "every-unit")
		cmd.MarkFlagsMutuallyExclusive("unit", "every-unit")
	}
	cmd.Flags().StringVar(&d.note, "note", "", "why, in one line; kept with the change")
	cmd.Flags().StringVar(&d.etag, "etag", "", "change it only if this is still the version that list --json showed")
}

// change sends a change and prints what holds then.
func (c *settingsConnection) change(cmd *cobra.Command, d *decision, req *pb.ChangeSettingRequest) error {
	req.CareUnit, req.Etag, req.Note = d.unit, d.etag, d.note
	if cmd.Flags().Changed("unit") && d.unit == "" {
		return errors.New("--unit is empty: name a unit, or say --every-unit")
	}
	return c.call(cmd.Context(), func(ctx context.Context, admin pb.AdminServiceClient) error {
		reply, err := admin.ChangeSetting(ctx, req)
		if err != nil {
			return err
		}
		return c.print(cmd.OutOrStdout(), []*pb.Setting{reply.Setting})
	})
}

func settingsList(conn *settingsConnection) *cobra.Command {
	req := &pb.ListSettingsRequest{PageSize: 1000}
	kind := ""
	cmd := &cobra.Command{
		Use: "list", Short: "list what has been decided, or with --history every version of it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.Kind, err = settingKind(kind); err != nil {
				return err
			}
			return conn.list(cmd, req)
		},
	}
	cmd.Flags().StringVar(&req.CareUnit, "unit", "", "what concerns this unit: its own, and what is for every unit")
	cmd.Flags().StringVar(&kind, "kind", "", "norm, window, active_definition or battery")
	cmd.Flags().StringVar(&req.Name, "name", "", "only this name, such as hads/anxiety/sdc")
	cmd.Flags().BoolVar(&req.History, "history", false, "every version, removals included")
	return cmd
}

func (c *settingsConnection) list(cmd *cobra.Command, req *pb.ListSettingsRequest) error {
	return c.call(cmd.Context(), func(ctx context.Context, admin pb.AdminServiceClient) error {
		var all []*pb.Setting
		for {
			page, err := admin.ListSettings(ctx, req)
			if err != nil {
				return err
			}
			all = append(all, page.Settings...)
			if req.PageToken = page.NextPageToken; req.PageToken == "" {
				return c.print(cmd.OutOrStdout(), all)
			}
		}
	})
}

func settingsSetWindow(conn *settingsConnection) *cobra.Command {
	var d decision
	window := &pb.OccasionWindow{}
	cmd := &cobra.Command{
		Use: "set-window OCCASION", Short: "say within how many days an occasion's forms are on time", Args: cobra.ExactArgs(1),
		Long: `Say within how many days of its anchor date an occasion's forms are on time, both
days included. OCCASION is baseline (counted from the first visit), programme_end
or follow_up_12_months (both from the end of the programme).`,
		Example: "  painscored settings set-window programme_end --from -7 --to 28 --unit SE2321000016-1A2B",
		RunE: func(cmd *cobra.Command, args []string) error {
			number, ok := pb.Occasion_value["OCCASION_"+strings.ToUpper(args[0])]
			if !ok {
				return fmt.Errorf("no occasion %q: baseline, programme_end and follow_up_12_months have a window", args[0])
			}
			window.Occasion = pb.Occasion(number)
			return conn.change(cmd, &d, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Window{Window: window}})
		},
	}
	cmd.Flags().Int32Var(&window.FromDays, "from", 0, "first day, counted from the anchor date, negative before it")
	cmd.Flags().Int32Var(&window.ToDays, "to", 0, "last day, likewise")
	for _, name := range []string{"from", "to"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was added two lines above
		}
	}
	d.flags(cmd, true)
	return cmd
}

func settingsActivate(conn *settingsConnection) *cobra.Command {
	var d decision
	cmd := &cobra.Command{
		Use: "activate INSTRUMENT VERSION", Short: "make a version of an instrument the one that scores new sheets", Args: cobra.ExactArgs(2),
		Example: `  painscored settings activate hads 2 --note "the missing rule of the manual"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			choice := &pb.DefinitionChoice{Instrument: args[0], Version: args[1]}
			return conn.change(cmd, &d, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_ActiveDefinition{ActiveDefinition: choice}})
		},
	}
	d.flags(cmd, false)
	return cmd
}

func settingsRemove(conn *settingsConnection) *cobra.Command {
	var d decision
	cmd := &cobra.Command{
		Use: "remove norm|window|battery NAME", Short: "let a norm, window or battery hold no longer; what lies beneath it holds again", Args: cobra.ExactArgs(2),
		Example: "  painscored settings remove norm hads/anxiety/sdc --unit SE2321000016-1A2B",
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := settingKind(args[0])
			if err != nil {
				return err
			}
			removal := &pb.SettingRemoval{Kind: kind, Name: args[1]}
			return conn.change(cmd, &d, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Remove{Remove: removal}})
		},
	}
	d.flags(cmd, true)
	return cmd
}

func settingKind(word string) (pb.SettingKind, error) {
	if word != "" && !slices.Contains([]string{"norm", "window", "active_definition", "battery"}, word) {
		return 0, fmt.Errorf("no kind %q: norm, window, active_definition or battery", word)
	}
	return pb.SettingKind(pb.SettingKind_value["SETTING_KIND_"+strings.ToUpper(word)]), nil
}
