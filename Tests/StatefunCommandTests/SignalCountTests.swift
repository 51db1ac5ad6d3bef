import Testing
import TransportCore

@testable import statefun

/// Which signals count.
@Suite struct SignalCountTests {
    @Test("signals within a fifth of a second are one")
    func together() {
        var count = SignalCount()
        let counted = [0, 50, 199, 200, 250, 399, 400, 5_000].filter { (milliseconds: Int64) in
            count.counts(at: TransportInstant(nanoseconds: milliseconds * 1_000_000))
        }
        #expect(counted == [0, 200, 400, 5_000])
    }
}
