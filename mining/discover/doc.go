// Package discover finds process models in logs: process trees and partially
// ordered workflow models by the inductive miners, Petri nets by the
// α-algorithms and the Heuristics Miner.
//
// Every miner is a pure function of an [eventlog.Summary]: no I/O, no clock, no
// randomness. It can be cancelled. It knows trees and nets, and not what they
// are drawn or checked with.
package discover
