import Foundation
import Testing
import TypeName

@Suite struct AddressTests {
    @Test(
        "the id is everything after the second slash",
        arguments: [("ns/f/Bob", "Bob"), ("ns/f/a/b//c/", "a/b//c/"), ("ns/f//", "/"), ("ns/f/ *\n", " *\n"), ("ns/f/\u{301}", "\u{301}")]
    )
    func identifiers(text: String, id: String) throws {
        let address = try Address(parsing: text)
        #expect(address.typeName == (try TypeName(parsing: "ns/f")))
        #expect(address.id.utf8.elementsEqual(id.utf8))
        #expect(address.description.utf8.elementsEqual(text.utf8))
    }

    @Test(
        "an address without its three parts is refused",
        arguments: [
            ("", "the address is empty", 0),
            ("Bob", "'Bob' names no function and no id", 0),
            ("ns/f", "'ns/f' has no id", 0),
            ("ns/f/", "'ns/f/' has no id", 0),
            ("/f/x", "the namespace is empty", 0),
            ("ns//x", "the name is empty", 3),
            ("ns/*/x", "a name cannot hold '*': a typename means one function", 3),
            ("ns/a\u{1}/x", "a name cannot hold U+0001", 4),
        ]
    )
    func refusals(text: String, message: String, offset: Int) throws {
        let error = try #require(throws: TypeNameError.self) { try Address(parsing: text) }
        #expect(error.message == message)
        #expect(error.offset == offset)
    }

    @Test("an empty id is an id, though no text form has one")
    func emptyIdentifier() throws {
        let address = Address(try TypeName(parsing: "ns/f"), id: "")
        #expect(address.description == "ns/f/")
        #expect(address != Address(address.typeName, id: "x"))
        let coded = try JSONDecoder().decode(Address.self, from: JSONEncoder().encode(address))
        #expect(coded == address)
    }

    @Test("ids are equal by bytes")
    func exactBytes() throws {
        let function = try TypeName(parsing: "ns/f")
        let addresses: Set = [Address(function, id: "\u{E9}"), Address(function, id: "e\u{301}"), Address(function, id: "\u{E9}")]
        #expect(addresses.count == 2)
    }

    @Test("addresses are ordered by typename, then by id")
    func order() throws {
        let sorted = try ["ns/g/a", "ns/f/b", "ns/f/a", "m/z/z"].map(Address.init(parsing:)).sorted()
        #expect(sorted.map(\.description) == ["m/z/z", "ns/f/a", "ns/f/b", "ns/g/a"])
    }

    @Test("an address is coded as typename and id")
    func coding() throws {
        let address = try JSONDecoder().decode(Address.self, from: Data(#"{"type":"ns/f","id":"a/b"}"#.utf8))
        #expect(address == (try Address(parsing: "ns/f/a/b")))
    }
}
