import Testing
import TransportCore

@testable import Gateway

/// What counts as received not long ago.
@Suite struct RecentBytesTests {
    private func at(_ milliseconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: milliseconds * 1_000_000) }

    @Test("a call counts until it ends, or until its time is over")
    func counting() {
        var recent = RecentBytes(lifetime: .milliseconds(20))
        let first = recent.add(100, at: at(0))
        _ = recent.add(10, at: at(5))
        #expect(recent.count == 110)
        recent.remove(first)
        #expect(recent.count == 10)
        recent.expire(at: at(24))
        #expect(recent.count == 10)
        recent.expire(at: at(25))
        #expect(recent.count == 0)
    }

    @Test("a call that ends after its time, or again, changes nothing")
    func lateEnd() {
        var recent = RecentBytes(lifetime: .milliseconds(20))
        let first = recent.add(100, at: at(0))
        recent.expire(at: at(20))
        let second = recent.add(10, at: at(21))
        recent.remove(first)
        #expect(recent.count == 10)
        recent.remove(second)
        recent.remove(second)
        #expect(recent.count == 0)
    }

    @Test("calls may end in any order")
    func anyOrder() {
        var recent = RecentBytes(lifetime: .milliseconds(20))
        let tickets = (0..<5).map { recent.add(1 << $0, at: at(Int64($0))) }
        for (place, left) in [(2, 27), (0, 26), (1, 24), (4, 8)] {
            recent.remove(tickets[place])
            #expect(recent.count == left)
        }
        #expect(recent.nextExpiry == at(23))
        recent.remove(tickets[3])
        #expect(recent.nextExpiry == nil)
    }

    @Test("the time of each is over when it has said, and one that takes long does not have the others behind it kept")
    func expiry() {
        var recent = RecentBytes(lifetime: .milliseconds(20))
        #expect(recent.nextExpiry == nil)
        _ = recent.add(1, at: at(0))
        #expect(recent.nextExpiry == at(20))
        for time in 1...1_000 {
            recent.remove(recent.add(1, at: at(Int64(time))))
            #expect(recent.count == (time < 20 ? 1 : 0))
        }
        #expect(recent.nextExpiry == nil)
    }
}
