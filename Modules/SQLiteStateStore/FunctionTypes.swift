internal import GRDB
internal import RuntimeCore

/// The numbers that stand for function types in a file, as one connection knows them. A type keeps its number for ever.
struct FunctionTypes {
    private let find: PreparedStatement
    private let name: PreparedStatement
    // By the bytes of the name, as addresses are compared.
    private var numbers: [RuntimeAddress: Int64] = [:]
    private var names: [Int64: String] = [:]
    /// An address of the type that was asked for last. Most that follow each other are of one.
    private var last: (address: RuntimeAddress, number: Int64)?
    private let file: StoreFile

    init(_ database: Database, _ file: StoreFile) throws(StoreFailure) {
        find = try PreparedStatement("SELECT id FROM function_type WHERE name = ?", on: database, of: file)
        name = try PreparedStatement("SELECT name FROM function_type WHERE id = ?", on: database, of: file)
        self.file = file
    }

    /// The number of a type; `nil` where the file knows nothing of it.
    mutating func number(of functionType: String) throws(StoreFailure) -> Int64? {
        let key = RuntimeAddress(functionType: functionType, id: "")
        if let known = numbers[key] { return known }
        try find.bind(1, functionType)
        guard let number = try find.firstRow({ find.number(0) }) else { return nil }
        numbers[key] = number
        return number
    }

    /// The number of the type of an address; `nil` where the file knows nothing of it.
    mutating func number(of address: RuntimeAddress) throws(StoreFailure) -> Int64? {
        if let last, last.address.hasSameType(as: address) { return last.number }
        last = try number(of: address.functionType).map { (address, $0) }
        return last?.number
    }

    /// The type with a number that was found in the file.
    mutating func name(of number: Int64) throws(StoreFailure) -> String {
        if let known = names[number] { return known }
        try name.bind(1, number)
        guard let found = try name.firstRow({ name.text(0) }) else {
            throw file.damaged("it names a function type number \(number) and has none")
        }
        names[number] = found
        return found
    }

    /// Has every number looked up again; numbers that were given in a transaction that did not commit are no more.
    mutating func forget() {
        numbers = [:]
        names = [:]
        last = nil
    }
}
