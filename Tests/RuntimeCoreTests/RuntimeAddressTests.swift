import Foundation
import RuntimeCore
import Testing

@Suite struct RuntimeAddressTests {
    @Test("addresses are equal where their bytes are")
    func equality() {
        let composed = RuntimeAddress(functionType: "example/person", id: "Ren\u{E9}")
        let decomposed = RuntimeAddress(functionType: "example/person", id: "Rene\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }

    @Test("an address travels between programs as its two texts, and is the same there")
    func coding() throws {
        let address = RuntimeAddress(functionType: "example/person", id: "Rene\u{301}")
        let text = try JSONEncoder().encode(address)
        #expect(try JSONSerialization.jsonObject(with: text) as? [String: String] == ["functionType": "example/person", "id": address.id])
        #expect(try JSONDecoder().decode(RuntimeAddress.self, from: text) == address)
    }

    @Test("addresses are in the order of their bytes, by function type first")
    func order() {
        let addresses = [("a/b", "2"), ("a/b", "10"), ("a/a", "3"), ("b/a", "")].map { RuntimeAddress(functionType: $0, id: $1) }
        #expect(addresses.sorted().map(\.description) == ["a/a/3", "a/b/10", "a/b/2", "b/a/"])
    }

    @Test("a token is told from another by its sender's id")
    func cancellation() {
        let one = DelayedMessage.Cancellation(token: "t", senderID: "1")
        #expect(one != DelayedMessage.Cancellation(token: "t", senderID: "2"))
        #expect(one == DelayedMessage.Cancellation(token: "t", senderID: "1"))
    }

    @Test("texts are told apart by any of their bytes, however long they are")
    func anyByte() {
        for count in 0..<40 {
            let token = DelayedMessage.Cancellation(token: String(repeating: "a", count: count), senderID: "1")
            #expect(token == DelayedMessage.Cancellation(token: String(repeating: "a", count: count), senderID: "1"))
            for place in 0..<count {
                let other = String(repeating: "a", count: place) + "b" + String(repeating: "a", count: count - place - 1)
                #expect(token != DelayedMessage.Cancellation(token: other, senderID: "1"), "\(count) \(place)")
            }
        }
    }

    @Test("a point in time stops at the ends instead of overflowing")
    func wallTime() {
        #expect(WallTime(milliseconds: .max).advanced(byMilliseconds: 1).milliseconds == .max)
        #expect(WallTime(milliseconds: .min).advanced(byMilliseconds: -1).milliseconds == .min)
    }
}
