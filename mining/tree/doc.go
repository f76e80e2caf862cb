// Package tree holds process trees and partially ordered workflow models: their
// type, notation, normal form, language, PTML, and the net that does the same.
// It knows no log and no miner.
//
// A process tree is a block-structured model that is sound by construction
// (Leemans, Fahland, van der Aalst, doi:10.1007/978-3-642-38697-8_17). It is
// written in one line:
//
//	->( 'order', X( 'pack', tau ), *( 'ship', 'return' ), +( 'bill', 'pay' ) )
//
// in sequence; one of; the first, then again and again the second and the
// first; all in any order, interleaved. tau is nothing.
//
// A partially ordered workflow model (POWL: Kourani, van Zelst,
// doi:10.1007/978-3-031-41620-0_6) is such a tree with nodes whose children are
// in a strict partial order, of which → and ∧ are the total and the empty one:
//
//	PO=(nodes={ 'order', 'pack', 'bill', X( 'ship', tau ) }, order={ 'order'-->'bill', 'order'-->#4, 'pack'-->#4 })
//
// Its traces are those of the children interleaved such that all of one comes
// before all of another where the order says so.
//
// [Parse] reads the notation and [Tree.String] writes it. [Reduce] brings a tree
// into a normal form of the same language; [Acceptor] says whether a trace is
// in the language, [Difference] whether two trees differ in theirs, and
// [Tree.Language] lists it, slowly, up to a length. [Tree.Net] is the workflow net.
package tree
