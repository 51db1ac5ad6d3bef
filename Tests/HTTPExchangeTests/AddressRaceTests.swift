import NIOCore
import Testing
import TransportCore

@testable import HTTPExchange

@Suite struct AddressRaceTests {
    private func at(_ milliseconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: milliseconds * 1_000_000) }

    @Test("without an address there is nothing to try")
    func none() {
        var race = AddressRace(count: 0)
        #expect(race.timePassed(at: at(0)) == [.fail])
    }

    @Test("a single address is tried, and its failure is that of the race")
    func single() {
        var race = AddressRace(count: 1)
        #expect(race.timePassed(at: at(0)) == [.connect(0), .waitForConnections])
        #expect(race.timePassed(at: at(1000)) == [.waitForConnections])
        #expect(race.connectFailed(at: at(1001)) == [.fail])
    }

    @Test("each address has a head start of 250 ms before the next one joins")
    func headStarts() {
        var race = AddressRace(count: 3)
        #expect(race.timePassed(at: at(0)) == [.connect(0), .wait(until: at(250))])
        #expect(race.timePassed(at: at(249)) == [.wait(until: at(250))])
        #expect(race.timePassed(at: at(250)) == [.connect(1), .wait(until: at(500))])
        #expect(race.timePassed(at: at(600)) == [.connect(2), .waitForConnections])
        #expect(race.timePassed(at: at(5000)) == [.waitForConnections])
    }

    @Test("a refusal lets the next address start at once")
    func refusal() {
        var race = AddressRace(count: 3)
        #expect(race.timePassed(at: at(0)) == [.connect(0), .wait(until: at(250))])
        #expect(race.connectFailed(at: at(10)) == [.connect(1), .wait(until: at(260))])
        // The timer of the first head start still fires.
        #expect(race.timePassed(at: at(250)) == [.wait(until: at(260))])
        #expect(race.connectFailed(at: at(255)) == [.connect(2), .waitForConnections])
        #expect(race.connectFailed(at: at(256)) == [.fail])
    }

    @Test("a refusal while others are under way lets the next one start as well")
    func refusalAmongOthers() {
        var race = AddressRace(count: 3)
        #expect(race.timePassed(at: at(0)) == [.connect(0), .wait(until: at(250))])
        #expect(race.timePassed(at: at(250)) == [.connect(1), .wait(until: at(500))])
        #expect(race.connectFailed(at: at(300)) == [.connect(2), .waitForConnections])
        #expect(race.connectFailed(at: at(301)) == [.waitForConnections])
        #expect(race.connectFailed(at: at(302)) == [.fail])
    }

    @Test("no more addresses are tried than make sense")
    func many() {
        var race = AddressRace(count: 1000)
        var tried = 0
        var now = at(0)
        var actions = race.timePassed(at: now)
        while actions != [.fail] {
            #expect(actions.first == .connect(tried))
            tried += 1
            now = now.advanced(by: .milliseconds(1))
            actions = race.connectFailed(at: now)
        }
        #expect(tried == AddressRace.maxAddresses)
    }

    @Test("the families take turns, the resolver's first choice begins, and the order within a family stays")
    func order() throws {
        let four = try (1...3).map { try SocketAddress(ipAddress: "10.0.0.\($0)", port: 80) }
        let six = try (1...2).map { try SocketAddress(ipAddress: "fd00::\($0)", port: 80) }
        #expect(AddressRace.order(six + four) == [six[0], four[0], six[1], four[1], four[2]])
        #expect(AddressRace.order(four + six) == [four[0], six[0], four[1], six[1], four[2]])
        #expect(AddressRace.order(four) == four)
        #expect(AddressRace.order([]) == [])
        let socket = try SocketAddress(unixDomainSocketPath: "/tmp/x.sock")
        #expect(AddressRace.order([socket]) == [socket])
    }
}
