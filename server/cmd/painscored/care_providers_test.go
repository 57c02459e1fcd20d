package main

import (
	"bytes"
	"strings"
	"testing"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// moveProvider runs "painscored registry-choices move".
func moveProvider(t *testing.T, dir, from, to string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), []string{"registry-choices", "move", from, to, "--data", dir}, func(string) string { return "" }, &out, &out)
	return out.String(), err
}

// TestAProvidersNewNameLeavesNoObjectionBehind: renamed in the configuration
// alone it would, and the patient would count as one who was never asked.
func TestAProvidersNewNameLeavesNoObjectionBehind(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--config", file(t, "care_provider: SE-old\n"))
	if _, err := p.dial(t).Submissions().Submit(t.Context(), hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.dial(t).Patients().SetRegistryChoice(t.Context(), &pb.SetRegistryChoiceRequest{
		CareUnit: "unit-1", EpisodeId: "e-1", Choice: pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_OBJECTED, DecidedOn: "2023-02-01", Reason: "r",
	}); err != nil {
		t.Fatal(err)
	}
	if out, err := moveProvider(t, dir, "SE-old", "SE-new"); err == nil {
		t.Errorf("moved below a running server: %s", out)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}

	renamed := file(t, "care_provider: SE-new\n")
	var out bytes.Buffer
	err := run(t.Context(), []string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--metrics", "off", "--config", renamed}, func(string) string { return "" }, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "painscored registry-choices move SE-old NEW-NAME") {
		t.Fatalf("a start under the new name: %v", err)
	}
	for _, wrong := range [][2]string{{"SE-old", "SE-old"}, {"SE-old", "the region"}, {"", "SE-new"}} {
		if _, err := moveProvider(t, dir, wrong[0], wrong[1]); err == nil {
			t.Errorf("moved from %q to %q", wrong[0], wrong[1])
		}
	}
	if out, err := moveProvider(t, dir, "SE-old", "SE-new"); err != nil || !strings.Contains(out, "under SE-new now: the registry choices of 1 of") {
		t.Fatalf("%v: %s", err, out)
	}
	p = start(t, dir, "--config", renamed)
	read, err := p.dial(t).Patients().GetEpisode(t.Context(), &pb.GetEpisodeRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
	if err != nil || len(read.RegistryChoices) != 1 || read.RegistryChoices[0].CareProvider != "SE-new" ||
		read.RegistryChoices[0].Choice != pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_OBJECTED {
		t.Errorf("%v, %v", read.GetRegistryChoices(), err)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]string{"of one unit": "care_provider_of: {unit-9: SE-new}\n", "of nobody": ""} {
		if err := start(t, dir, "--config", file(t, config)).stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
