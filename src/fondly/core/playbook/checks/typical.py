"""What the typical one in a trade already does: a gesture of this kind is no WOW there."""

TYPICAL: dict[str, tuple[str, ...]] = {
    "realtor": ("gift basket", "bottle of wine", "cutting board", "calendar", "fridge magnet", "market report"),
    "mortgage_broker": ("gift basket", "calendar", "rate alert", "coffee mug", "bottle of wine"),
    "coach": ("welcome packet", "workbook", "certificate", "motivational quote"),
    "cpa": ("tax organizer", "tax organiser", "holiday card", "calendar", "pen"),
    "financial_adviser": ("holiday card", "market commentary", "golf", "calendar", "steak dinner"),
    "insurance_agent": ("birthday card", "calendar", "fridge magnet", "pen"),
    "therapist": ("appointment reminder", "newsletter"),
    "agency": ("branded mug", "t-shirt", "holiday card", "swag", "monthly report"),
    "lawn_service": ("door hanger", "fridge magnet", "discount coupon"),
    "artist": ("certificate of authenticity", "business card", "newsletter"),
    "online_shop": ("discount code", "thank you card", "sticker", "coupon"),
    "software": ("t-shirt", "sticker", "swag", "feature newsletter", "discount code"),
}
EVERYWHERE = ("gift card", "holiday card", "christmas card", "newsletter", "discount code", "voucher")
