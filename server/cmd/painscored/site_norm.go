package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// normFlags are what set-norm is told beside the norm's own texts.
type normFlags struct {
	decision
	mcid, sdc       string
	sd, reliability string
}

func settingsSetNorm(conn *settingsConnection) *cobra.Command {
	var f normFlags
	norm := &pb.ScaleNorm{}
	cmd := &cobra.Command{
		Use: "set-norm INSTRUMENT SCALE", Short: "say how large a change of a scale must be", Args: cobra.ExactArgs(2),
		Long: `Say how large a change of a scale must be, by your own material or choice. Give one
of --mcid (does it matter?), --sdc (is it more than measurement error?), or --sd and
--reliability, from which the SDC is computed as 1.96·√2·SD·√(1−r), rounded once to
two decimals (for an index, as many as it has) and compared as printed. A scale can
have an MCID and an SDC.

Numbers are decimals with a point. Two of them, as LOW,HIGH, are an interval:
between the two the verdict is "uncertain".`,
		Example: `  painscored settings set-norm hads anxiety --sd 4.1 --reliability 0.83 --unit SE2321000016-1A2B \
    --name "our own 2024" --date 2024-12-31 --source "quality report 2024, table 3" \
    --population "all who began 2020-2023, n = 412"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			norm.Instrument, norm.Scale = args[0], args[1]
			if err := f.threshold(norm); err != nil {
				return err
			}
			return conn.change(cmd, &f.decision, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Norm{Norm: norm}})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.mcid, "mcid", "", "minimal clinically important difference: a number, or LOW,HIGH")
	flags.StringVar(&f.sdc, "sdc", "", "smallest detectable change: a number, or LOW,HIGH")
	flags.StringVar(&f.sd, "sd", "", "standard deviation in points of the scale, with --reliability")
	flags.StringVar(&f.reliability, "reliability", "", "at least 0 and below 1, with --sd")
	flags.StringVar(&norm.ValueSet, "value-set", "", "of an EQ-5D index, which has a norm for one value set only")
	flags.StringVar(&norm.Name, "name", "", "what you call it; shown with each verdict")
	flags.StringVar(&norm.Date, "date", "", "the day it bears, YYYY-MM-DD")
	flags.StringVar(&norm.Source, "source", "", "where it comes from")
	flags.StringVar(&norm.Population, "population", "", "whom it was found in, with their number")
	flags.BoolVar(&norm.OverAYear, "over-a-year", false, "it was found over about a year")
	flags.BoolVar(&norm.Borrowed, "borrowed", false, "it was not found in pain")
	cmd.MarkFlagsOneRequired("mcid", "sdc", "sd")
	cmd.MarkFlagsMutuallyExclusive("mcid", "sdc", "sd")
	cmd.MarkFlagsRequiredTogether("sd", "reliability")
	f.decision.flags(cmd, true)
	return cmd
}

// threshold fills in what the norm rests on; the server checks the numbers.
func (f *normFlags) threshold(norm *pb.ScaleNorm) error {
	switch {
	case f.sd != "":
		norm.Threshold = &pb.ScaleNorm_SdAndReliability{SdAndReliability: &pb.SdAndReliability{Sd: f.sd, Reliability: f.reliability}}
		return nil
	case f.mcid != "":
		interval, err := interval("--mcid", f.mcid)
		norm.Threshold = &pb.ScaleNorm_Mcid{Mcid: interval}
		return err
	}
	interval, err := interval("--sdc", f.sdc)
	norm.Threshold = &pb.ScaleNorm_Sdc{Sdc: interval}
	return err
}

func interval(flag, text string) (*pb.NormInterval, error) {
	parts := strings.Split(text, ",")
	if len(parts) > 2 {
		return nil, errors.New(flag + ": a number, or LOW,HIGH")
	}
	return &pb.NormInterval{Low: parts[0], High: parts[len(parts)-1]}, nil
}
