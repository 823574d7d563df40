"""Which words are words before they are names? Small tables of ordinary language."""


def table(words: str) -> frozenset[str]:
    """Words between spaces."""
    return frozenset(words.split())


# First and last names that are English or Spanish words as well: case and neighbors decide.
ORDINARY = table(
    """
    able ace amber an angel april ash august aurora autumn bailey baker banks barber bell berry
    bill bishop black blue bo bond bliss brandy brave bright brook brooks brown bush butler
    carter cash carol case chance charity chase chip christian church clay close coach cook cole
    cooper court cross crystal cruz cuba curry daisy dale dawn day dean deep den diamond do
    dolly dot dove drake drew early east edge ever faith farmer field fields fin fisher flores
    flower foot ford forest fox frank french frost gale gardener gay gene ginger glen golden
    good gore grace grant gray green hall ham hand hardy harmony hart harvest haven hay hazel
    head heath heather heaven hill holly honey hood hope house hunt hunter iris iron ivory ivy
    jack jade jasmine jean jewel josh joy judge june justice justus keen key king knight lake
    lam lane lark law lee legend lily little livia long love low loyal lucky luna major man mar
    march marina mark marks mason may mercy miles miller mills mo moody moon moore moss my noble
    noble north nova oak ocean olive pace page paige parish park parker pat patience paz peace
    pearl penny pepper piper poe pond pool poole porter potter power price pride prince princess
    prosper quick rain ray raven read red reed reign rich river rivers rob robin rock rocky rod
    rose rosa rosario royal ruby rusty sage salvador sandy say savage scout sharp shepherd short
    skinner sky small smart so sol son song sparrow spring star steel stone storm street strong
    sue summer summers sunny swift sunday taylor temple terry tiger toy treasure trinity true
    tucker turner van vale victor victory violet wade walker wall wallace ward waters way weaver
    webb well wells west white wild will willow winter winters wise wolf wood woods worth wren
    wright yates young art al ali ed el em ad am are as at be by can dang duc go ha he hung in
    is it la lan lang le les lo los me min ming no on or sa see she ser si su the to tu un up us
    vi we win mom dad sis bro ant ty ann mal dom nick pete max rush cloud major destiny messiah
    prince junior lovely precious unique blessing marvel bear dash crisp guy pip skip chip jan jun
    peanut bug buddy monkey boo baby bubba sunshine pumpkin bean cookie sugar muffin bunny ladybug
    turtle panda kitty birdie pickle biscuit button shorty slim smokey ghost doc daddy sweetie
    cricket goose bird mouse tank bull bulls coach two crow fly nova jewels dream stormy nick rosy
    christmas hero mars venus duke baron jay norm pike poncho teddy
    """
)

ORDINARY |= table(
    """
    adler aspen barber baron basil bass beach beam bean birch bird blaze bloom blossom bolt boot
    booth branch brand briar bridge bridges brock buck bull burn burns cadence candy cannon
    carver castle cedar chambers chapel chastity cherish cherry cliff cloud clover colt combs
    coral cotton crane crow cypress darling dock drum duck dyer eagle ebony echo eden ember
    english essence farrow fern finch fish flint flood flora flowers fortune fountain fowler
    fuller garland garner garnet gates glass goose grove hale harley harp hatch hawk hawks hedge
    herring holder hook horn indigo journey jubilee karma keys kidd kite lamb laurel lavender
    leaf legacy liberty lever link lion lodge loft lord lotus lyric mace magnolia maple marble
    marigold marshal meadow meadows melody merchant merry mint miracle misty monk mule
    nail nickel opal orchard orchid otter owl paradise parrot peaches petal phoenix pine plant
    plum poppy pope post quill race rainbow ranger reef reel remedy ridge ring roach robins
    rocket rook root rush rust saffron sailor salmon sands sapphire sawyer scarlet seal serenity
    shade shadow shell shields shore silver singer slate snow sonnet speaker spear spears
    sterling stern stock stout strand swan sweet tanner teal tempest thorn tide topaz torch
    trout tulip unity vanity velvet vine violet vision ware weeks wheat wheeler winters
    """
)

# Nobody puts these in the plural, unless they name a family.
NO_PLURAL = table(
    "young long rich wise little strong small short west north true brown gray green kim may will"
)

MONTHS = table("april may june august march january jan jun jul aug mar dec")
MONTH_BEFORE = table("in since until till last next early late mid during through throughout every")

# What a person does: after a word at the start of a sentence it makes that word a name.
DOING = table(
    """
    said told was is has had did does went came ran saw took gave left lives stays says tells
    knew got made felt wept woke slept kept met sat stood spoke began brought bought held heard
    hid hit hurt put read sent shut wore wrote would could cannot couldn didn wasn hasn hadn isn
    wouldn doesn lied ate drank drew drove fell fed found forgot rode sang swore taught thought
    threw understood and who whose whom rose bit broke built caught chose dealt fought flew froze
    grew hung knelt led lost meant paid rang rode shook spent stole stuck struck swam tore
    """
)
# The same, of one who does it now, or doesn't; what ends in "ed" counts, too.
DOES = table(
    """
    admits agrees answers asks attends avoids babysits begins believes bites breaks brings buys
    calls cares carries changes chooses claims cleans climbs closes comes complains confirms cooks
    cooperates cries cuts dances denies describes disagrees discloses dislikes does draws dresses
    drinks drives eats enjoys enters explains falls fears feels fights finds finishes flies forgets
    gets gives goes grabs hates hears helps hides hits holds hopes hurts identifies insists keeps
    kicks kisses knocks knows laughs learns leaves lets lies likes listens lives locks looks loses
    loves makes means meets mentions misses moves needs nods opens owes owns packs pays plays
    points prefers pulls punches pushes puts reads recalls refuses remembers rents reports returns
    runs says screams sees seems sells sends shares shouts shows sings sits sleeps smiles smokes
    speaks spends stands stares starts states stays stops studies swears takes talks teaches tells
    texts thinks threatens throws touches tries turns understands uses visits waits wakes walks
    wants wears whispers works worries writes yells wont dont didnt isnt wasnt hasnt hadnt doesnt
    couldnt wouldnt cant shouldnt arent
    """
)
# What people do to each other: behind a word in lower case, it is somebody who did it.
ACTED = table(
    """
    asked begged called cried denied grabbed hated helped hugged kicked kissed laughed liked
    listened lived locked looked loved moved picked played promised pulled punched pushed reached
    screamed showed slapped smiled stayed talked texted threatened touched tried walked wanted
    watched whispered yelled
    """
)
# The same words, where a thing does it as well.
NOT_ALONE = table(
    """
    is was has had did does would could and who whose whom felt fell held kept lost lies left leaves
    isnt wasnt hasnt hadnt doesnt couldnt wouldnt arent falls closes comes hits moved cuts breaks
    reached
    """
)
# Between somebody and what they do.
BETWEEN = table("already also always never still just then later often only again now once")
PRONOUNS = table("i u you we they he she it who to")
MODAL = table("will may might can")
SAME_WHEN_PAST = table("read put hit hurt shut cost set let cut")
# What is somebody's: "Marks phone", where the apostrophe is left out.
POSSESSED = table(
    """
    account answer arm aunt backpack bag bed bedroom behavior birthday body boyfriend brother car
    clothes clothing cousin dad daughter desk doctor drawing face family father friend girlfriend
    grandfather grandmother grandma grandpa hair hand hands home house husband injuries injury
    jacket journal leg mom mother neighbor notes number parents phone room school sister son
    statement stepfather stepmother story tablet teacher truck uncle version wife
    """
)
# Said of somebody: "grace is with me" is a child, "grace is needed" is not.
BEING = table("is was has isnt wasnt gets got seems feels looks acts")
IS_SO = table(
    """
    afraid alone angry annoying asleep at awake awful back bad bothering coming crazy creepy crying
    drunk eating fine gone going good grounded happy here hiding high home hungry hurt hurting in
    inside lying mad mean my nasty nice not okay outside sad scared scary sick sleeping staying
    there tired upset watching weird with yelling
    """
)
ADDRESSED = table("dear hey hi hello tell tells told ask asks texting texts named")
# Begin a sentence as what they are: what is ordered, asked, counted, or in no need of an article.
OPENERS = table(
    """
    will may mark hope chase grant rob long young little short strong small smart swift rich
    wise true noble loyal brave bright good golden red blue black white brown green gray gay
    royal savage sharp hardy quick west east north south early art love joy faith grace peace
    mercy patience charity justice judge pride honey harmony cash case chance price rain summer
    summers spring winter autumn april june march august sunday park cook rush crash dash hand
    head house wall well way so to on no in is it am are as at be by can do go has he me min she
    ser si the two un up us we win mom dad sis bro christian french wild deep law power close
    cross drew frank guy an jan jun jul aug dec mar miles weeks just sunny rusty sandy ash amber
    alert iron steel field bill dot bear crystal
    """
)
# Three letters that are a word in lower case, whoever bears them as a name.
LITTLE = table(
    """
    ago air ale all and ann ant any arm ask ate bad bag bat bay bed bee bet big bin bit bow box boy
    bud bug bun bus but buy cab cal can cap car cat cop cot cry cub cup cut dad dam day den did die
    dig dip doe dog don dry due ear eat egg end eve eye fan far fat fed fee few fin fit fix fly for
    fox fun fur gas get gin god got gum gun had has hat hen her him hip his hit hot how hug ice ill
    ink inn its jam jan jar jet job joy jun jul aug kid kin kit lab lap led leg let lid lie lin lip
    lit lot low mac mad man map mar mat men met mix mob mom mud mug nan nap net new nod nor not now
    nut oak odd off oil old one our out own pad pal pan pat pay pea peg pen per pet pie pig pin pip
    pit pop pro put ran rat raw red rib rim rip rob rod row rub rug run sad sap saw say sea see set
    sex she shy sin sip sir sis sit six sky sob son sow spa spy sue sum sun tan tap tax tea ten the
    tie tin tip toe ton too top toy try tub two use van vet via war was way wet who why wig win wit
    won yes yet you zip zoo una por con los las del que dia
    """
)
SPEAKING = table(
    "said told stated denied asked reported claimed admitted disclosed added answered was"
)
NO_NAME_AFTER = table("the a an this that every each no any of my her his their its")

# Before a name: somebody's title, or the office of one who handles the case.
TITLES = table("mr mrs ms miss mx sr sra srta senor senora aunt uncle auntie tio tia")
OFFICIAL = table(
    """
    officer ofc detective det sergeant sgt lieutenant lt captain capt deputy trooper sheriff
    chief dr doctor nurse judge prosecutor attorney investigator corporal cpl commander
    paramedic
    """
)
STREETS = table(
    """
    street st avenue ave av road rd drive dr lane ln court ct terrace ter boulevard blvd place
    pl circle cir parkway pkwy highway hwy trail trl way alley plaza square sq
    """
)
PARTICLES = table(
    """
    de la las los del da das do dos di du el al abu bin ibn ben bint umm um van von der den ter
    ten te op y e san santa st saint mac mc o d l le
    """
)
# With a capital after a name: what a place or a business is called by. Then: before such a name.
PLACES = table(
    """
    academy apartments auto bakery bank baptist bar barbershop bbq bridge cafe catholic cemetery
    chapel church cleaners college commons cove creek daycare deli depot diner donuts elementary
    estates farm farms foundation funeral garage garden gardens golf grill groceries grocery hall
    hardware heights high hill hills hotel house houses inn institute lake landing laundromat
    library liquor lounge lutheran mall manor market meadows medical memorial mercantile methodist
    middle motel motors museum park pawn pharmacy pizza playground pool preschool primary ranch
    realty restaurant river salon school shop shoppe shopping spa spring springs stadium state
    storage store stores suites supermarket tavern tire towers towing township trailer village
    villas
    """
)
PLACE_BEFORE = table(
    "lake mount mt fort ft camp port cape saint st lago san archangel burger labor "
    "memorial mothers fathers veterans presidents columbus election valentines groundhog"
)
COUNTS = table(
    "two three four five six seven eight nine ten twelve twenty hundred many few several"
)
ALWAYS_PLACES = table("county motel hotel hospital cemetery airport")
PLATES = table("plates plate license tags highway")
PLACE_OF = table("town city village county township suburb parish borough church feast")
STATES = table(
    """
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii
    idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan
    minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania
    tennessee texas utah vermont virginia washington wisconsin wyoming mexico canada al ak az ar ca
    co ct dc fl ga hi ia id il in ks ky la ma md me mi mn mo ms mt nc nd ne nh nj nm nv ny oh ok or
    pa ri sc sd tn tx ut va vt wa wi wv wy
    """
)
DETERMINERS = table("the a an this that these those every each no any some")
# Before two names: somebody who handles the case, and has a first name of their own.
HANDLES = OFFICIAL | table(
    """
    advocate agent clerk coach constable counselor dispatcher examiner interviewer marshal medic
    nurse pastor patrolman pediatrician pharmacist physician principal psychologist ranger reverend
    rev specialist superintendent supervisor surgeon tech technician teacher therapist worker
    """
)
AFTER_HANDLERS = table("md rn do np pa lcsw lpc lmsw phd esq lpn cna dds")
# After a name: what that name is of, and it is nobody's. A school tells where a child is.
INSTITUTIONS = table(
    """
    agency bureau center centre clinic commission council county court department division district
    hospital hotline office pd police program services squad team unit university
    """
)
# Begin sentences and name nobody.
POINTING = table(
    "anybody anyone everybody everyone he how it nobody she somebody someone there they we what "
    "who whoever why you"
)
# Two letters in capitals that usually mean something else. Of a person's initials and a rare
# abbreviation the initials win.
NOT_INITIALS = table(
    """
    am cc cd co cp ct da db dc do dr dv ed eg er hr hs id ie if ii in ip iq is it iv jr kc ks lt md
    atm cps cst dfs dhs dna dob emr ems emt fbi gps icu kck kcp usa usb suv ssn ssa tba tbd vin
    mo mr ms no ok on or pc pd pm ps rd rn rx sr st to tv up us vs
    """
)
ANNOUNCES_INITIALS = table("marked labeled signed initials initial initialed initialled monogram")
DEGREES = table("md rn do jd pa ba ma np bs ms")
