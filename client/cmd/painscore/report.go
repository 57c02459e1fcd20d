package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type reportFlags struct {
	connection         connection
	units, notUnits    []string
	cohorts            []string
	levels, tracks     []string
	types, sexes       []string
	date, from, to     string
	otherFrom, otherTo string
	against            string
	split, assisted    string
	minWeeks, maxWeeks int32
	csv                bool
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Figures of a group of patients: who came, who answered, what changed",
		Long: `Make figures of groups of patients: the way through rehabilitation, response rates,
each scale at each occasion, and what changed, with 95 % confidence intervals.

Staff get their own care unit's figures whole; mark them as internal wherever they
are shown. An analyst gets those of every unit, with figures about fewer than five
patients held back ("-"), and no report that laid beside an earlier one would tell
about so few.

Two periods stand side by side with --other-from and --other-to, and a unit and the
others with --against. Care levels are never pooled. --csv prints every figure in a
line of its own, also those that the tables leave out (items, attrition, PCHC).`,
		Example: `  painscore report --unit SE2321000016-1A2B --date ended_on --from 2025-01-01 --to 2025-12-31
  painscore report --date ended_on --from 2025-01-01 --to 2025-12-31 --split care_unit --csv > 2025.csv
  painscore report --against SE2321000016-1A2B`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return groupReport(cmd, &f) },
	}
	f.connection.flags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.units, "unit", nil, "HSA-ids of care units (default: all that you may hear of)")
	flags.StringSliceVar(&f.notUnits, "not-unit", nil, "HSA-ids of care units to leave out")
	flags.StringVar(&f.against, "against", "", "set this care `unit` beside the others")
	flags.StringSliceVar(&f.cohorts, "cohort", nil, "only these cohorts")
	flags.StringSliceVar(&f.levels, "care-level", nil, strings.Join(flagWords(pb.CareLevel(0)), ", "))
	flags.StringSliceVar(&f.tracks, "track", nil, strings.Join(flagWords(pb.Track(0)), ", "))
	flags.StringSliceVar(&f.types, "programme-type", nil, strings.Join(flagWords(pb.ProgrammeType(0)), ", "))
	flags.StringSliceVar(&f.sexes, "sex", nil, strings.Join(flagWords(pb.Sex(0)), ", "))
	enumFlag(cmd, &f.date, "date", pb.GroupDate(0))
	flags.StringVar(&f.from, "from", "", "first day of the period, `YYYY-MM-DD`")
	flags.StringVar(&f.to, "to", "", "last day of the period, `YYYY-MM-DD`")
	flags.StringVar(&f.otherFrom, "other-from", "", "first day of a second period")
	flags.StringVar(&f.otherTo, "other-to", "", "last day of a second period")
	flags.Int32Var(&f.minWeeks, "min-weeks", 0, "shortest programme in weeks")
	flags.Int32Var(&f.maxWeeks, "max-weeks", 0, "longest programme in weeks")
	flags.StringVar(&f.assisted, "assisted", "", "yes or no: whether somebody helped with a form, or interpreted")
	enumFlag(cmd, &f.split, "split", pb.GroupDimension(0))
	flags.BoolVar(&f.csv, "csv", false, "print every figure as comma-separated values")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	cmd.MarkFlagsMutuallyExclusive("against", "other-from")
	cmd.MarkFlagsMutuallyExclusive("against", "other-to")
	return cmd
}

func groupReport(cmd *cobra.Command, f *reportFlags) error {
	request, err := f.request()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		report, err := c.Registry().GetGroupReport(ctx, request)
		switch {
		case err != nil:
			return err
		case f.connection.json:
			return printJSON(out, report)
		case f.csv:
			return outputError(reportCSV(out, report))
		}
		return outputError(reportTables(out, report))
	})
}

func (f *reportFlags) request() (*pb.GetGroupReportRequest, error) {
	filter := &pb.GroupFilter{CareUnits: f.units, NotCareUnits: f.notUnits, Cohorts: f.cohorts, MinWeeks: f.minWeeks, MaxWeeks: f.maxWeeks}
	request := &pb.GetGroupReportRequest{Filter: filter}
	values := []enumValue{
		{"date", f.date, pb.GroupDate(0), func(n protoreflect.EnumNumber) { filter.Date = pb.GroupDate(n) }},
		{"split", f.split, pb.GroupDimension(0), func(n protoreflect.EnumNumber) { request.Split = pb.GroupDimension(n) }},
	}
	values = append(values, each("care-level", f.levels, &filter.CareLevels)...)
	values = append(values, each("track", f.tracks, &filter.Tracks)...)
	values = append(values, each("programme-type", f.types, &filter.ProgrammeTypes)...)
	values = append(values, each("sex", f.sexes, &filter.Sexes)...)
	if err := setEnums(values...); err != nil {
		return nil, err
	}
	switch f.assisted {
	case "":
	case "yes", "no":
		yes := f.assisted == "yes"
		filter.Assisted = &yes
	default:
		return nil, fmt.Errorf("--assisted takes yes or no")
	}
	f.sides(request)
	return request, nil
}

// each is the values of a flag that may be given several times.
func each[E interface {
	protoreflect.Enum
	~int32
}](flag string, words []string, into *[]E) (values []enumValue) {
	for _, word := range words {
		values = append(values, enumValue{flag, word, E(0), func(n protoreflect.EnumNumber) { *into = append(*into, E(n)) }})
	}
	return values
}

// sides sets two periods, or a unit and the others, side by side; else the period
// is the whole report's.
func (f *reportFlags) sides(request *pb.GetGroupReportRequest) {
	filter := request.Filter
	side := func(name string, of *pb.GroupFilter) {
		request.Sides = append(request.Sides, &pb.GroupSide{Name: name, Filter: of})
	}
	switch {
	case f.otherFrom != "" || f.otherTo != "":
		for _, period := range [][2]string{{f.from, f.to}, {f.otherFrom, f.otherTo}} {
			side(period[0]+" – "+period[1], &pb.GroupFilter{Date: filter.Date, From: period[0], To: period[1]})
		}
		return
	case f.against != "":
		side(f.against, &pb.GroupFilter{CareUnits: []string{f.against}})
		side("the others", &pb.GroupFilter{NotCareUnits: []string{f.against}})
	}
	filter.From, filter.To = f.from, f.to
}
