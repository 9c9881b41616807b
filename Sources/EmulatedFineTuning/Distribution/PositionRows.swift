/// The members' rows at one position. Members that nobody asked have none.
package struct PositionRows {
    private let rows: [NormalizedRow?]

    /// - Parameter rows: by member.
    package init(_ rows: [NormalizedRow?]) { self.rows = rows }

    /// The row of a member that was asked: one that the formula at hand names.
    package subscript(member: Int) -> NormalizedRow {
        guard let row = rows[member] else { preconditionFailure("member \(member) was not asked") }
        return row
    }

    /// The row of a member, if it was asked.
    package func row(of member: Int) -> NormalizedRow? { rows[member] }

    package var members: Range<Int> { rows.indices }
}
