package main

import (
	"slices"
	"strings"
)

// A field of a definition is mutated by some operators, or not at all with a
// reason. operators.go holds what each operator does.
type field struct {
	operators []operator
	because   string // it is not mutated
}

func by(operators ...operator) field { return field{operators: operators} }
func not(because string) field       { return field{because: because} }
func (f field) mutated() bool        { return f.because == "" }
func words() field                   { return not("words for people") }
func evidence() field                { return not("marks and sources") }
func terminology() field             { return not("codes of terminologies") }
func checks() field                  { return not("worked examples and anchors, which are checks themselves") }
func display() field                 { return not("order and grouping on a page") }
func deeper(ops ...operator) field   { return by(append(ops, intoParts)...) }
func list(ops ...operator) field     { return deeper(append(ops, leaveOut)...) }
func ordered(ops ...operator) field  { return list(append(ops, swapNeighbours)...) }
func oneOf(words ...string) operator { return otherWord(words) }
func optional(ops ...operator) field { return deeper(append(ops, takeAway)...) }

// fields says for every field of every type of a definition how it is mutated.
var fields = map[string]field{
	"Definition.Format":     by(oneMoreOrLess),
	"Definition.Instrument": by(otherName),
	"Definition.Version":    by(otherName),
	"Definition.Title":      words(), "Definition.ShortTitle": words(), "Definition.Recall": words(), "Definition.Population": words(),
	"Definition.Notes": words(), "Definition.Licence": words(),
	"Definition.Sources":  evidence(),
	"Definition.Codes":    terminology(),
	"Definition.Examples": checks(),
	"Definition.FileHash": not("made by the loader"),
	"Definition.Items":    ordered(),
	"Definition.Layouts":  list(),
	"Definition.Codings":  list(),
	"Definition.Scales":   ordered(),

	"Item.Code": by(otherName), "Item.Min": by(oneMoreOrLess), "Item.Max": by(oneMoreOrLess), "Item.Values": list(oneMoreOrLess), "Item.NotApplicable": by(flip),

	"Item.Type":     by(oneOf("", "decimal", "code", "date", "text")), // empty is a whole number, as whole is
	"Item.Decimals": by(ifGiven(oneMoreOrLess)), "Item.Codes": list(),
	"Item.Earliest": by(ifGiven(otherName)), "Item.Latest": by(ifGiven(otherName)), "Item.Longest": by(ifGiven(oneMoreOrLess)),

	"Layout.Code": by(otherName), "Layout.Order": ordered(), "Layout.Confirm": by(flip), "Layout.Source": evidence(), "Layout.Known": evidence(),

	"Coding.Code": by(otherName), "Coding.Maps": list(), "Coding.Source": evidence(), "Coding.Known": evidence(),
	"ValueMap.Items": list(addItem), "ValueMap.From": list(oneMoreOrLess), "ValueMap.To": list(oneMoreOrLess),

	"ScaleDef.Code":      by(otherName),
	"ScaleDef.Title":     words(),
	"ScaleDef.Kind":      by(oneOf("item", "sum", "mean", "count", "steps", "scales", "profile", "index")),
	"ScaleDef.Direction": by(oneOf("higher_is_better", "higher_is_worse", "none")),
	"ScaleDef.Domain":    display(), "ScaleDef.Group": display(),
	"ScaleDef.Line":          by(otherName),
	"ScaleDef.Descriptive":   by(flip),
	"ScaleDef.Items":         list(addItem, swapWhereOrderCounts, leaveOutReversed, moveItem),
	"ScaleDef.Reversed":      list(addItem),
	"ScaleDef.Weights":       list(),
	"ScaleDef.WeightsBy":     optional(),
	"ScaleDef.AtLeast":       optional(oneMoreOrLess),
	"ScaleDef.Steps":         list(),
	"ScaleDef.Scales":        list(),
	"ScaleDef.Missing":       by(otherMissingRule),
	"ScaleDef.NotApplicable": by(otherNotApplicable),
	"ScaleDef.Decimals":      by(otherDecimals),
	"ScaleDef.Bands":         optional(),
	"ScaleDef.Flags":         list(),
	"ScaleDef.Change":        optional(),
	"ScaleDef.Source":        evidence(), "ScaleDef.Known": evidence(), "ScaleDef.Codes": terminology(),

	"Weight.Item": by(otherName), "Weight.Weight": by(lastPlace),
	"WeightsBy.Item": by(otherName), "WeightsBy.Cases": list(), "WeightCase.Value": by(oneMoreOrLess), "WeightCase.Weights": list(),
	"Step.From": by(oneMoreOrLess), "Step.Points": by(lastPlace),

	"Bands.List": list(shiftCutOff), "Bands.Source": evidence(), "Bands.Known": evidence(), "Bands.Population": evidence(),
	"Band.Code": by(otherName), "Band.From": by(lastPlace), "Band.To": by(lastPlace),
	"Flag.Code": by(otherName), "Flag.From": by(lastPlace), "Flag.Source": evidence(), "Flag.Known": evidence(), "Flag.Population": evidence(),

	"ChangeEvidence.MCID": list(), "ChangeEvidence.SDC": list(), "ChangeEvidence.Percent": optional(), "ChangeEvidence.Note": words(),
	"Threshold.Low": by(lastPlace), "Threshold.High": by(lastPlace),
	"Threshold.EarlierAtMost": by(lastPlace), "Threshold.EarlierAbove": by(lastPlace), "Threshold.Borrowed": by(flip),
	"Threshold.Period":  by(oneOf("", "one_year")),
	"Threshold.Sources": evidence(), "Threshold.Known": evidence(), "Threshold.Population": evidence(), "Threshold.Found": words(),
	"PercentRule.Classes": list(), "PercentRule.Source": evidence(), "PercentRule.Known": evidence(),
	"PercentClass.Code": by(otherName), "PercentClass.From": by(oneMoreOrLess),

	"ValueSetDefinition.Format":   by(oneMoreOrLess),
	"ValueSetDefinition.ValueSet": by(otherName), "ValueSetDefinition.Instrument": by(oneOf("eq_5d_3l", "eq_5d_5l")),
	"ValueSetDefinition.Title": words(), "ValueSetDefinition.Notes": words(), "ValueSetDefinition.Method": words(), "ValueSetDefinition.Perspective": words(),
	"ValueSetDefinition.Country": words(), "ValueSetDefinition.Year": words(),
	"ValueSetDefinition.Source": evidence(), "ValueSetDefinition.Known": evidence(),
	"ValueSetDefinition.Decimals": by(oneMoreOrLess), "ValueSetDefinition.Levels": by(oneMoreOrLess), "ValueSetDefinition.Start": by(lastPlace),
	"ValueSetDefinition.Decrements": ordered(), "ValueSetDefinition.Constants": list(), "ValueSetDefinition.Crosswalk": optional(),
	"ValueSetDefinition.Anchors": checks(), "ValueSetDefinition.FileHash": not("made by the loader"),
	"Decrement.Item": by(otherName), "Decrement.Minus": ordered(lastPlace),
	"Constant.AnyLevel": by(oneMoreOrLess), "Constant.Minus": by(lastPlace),
	"Crosswalk.Through": by(oneOf("uk_tto_1997", "se_tto_2014", "dk_tto_2009")), "Crosswalk.Round": list(oneMoreOrLess), "Crosswalk.Transitions": list(),
	"Transition.Items": list(), "Transition.Level": by(oneMoreOrLess), "Transition.To": by(oneMoreOrLess),
	"Transition.P": by(lastPlace, aThousandth), "Transition.Otherwise": by(oneMoreOrLess),
}

// notMutated lists the reasons for leaving fields alone.
func notMutated() string {
	var reasons []string
	for _, f := range fields {
		if !f.mutated() && !slices.Contains(reasons, f.because) {
			reasons = append(reasons, f.because)
		}
	}
	slices.Sort(reasons)
	return strings.Join(reasons, "; ")
}
