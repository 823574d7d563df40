"""Which words are words before they are names? Small tables of ordinary language."""


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


# First and last names that are English or Spanish words as well: case and neighbors decide.
ORDINARY = _table(
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
    prince junior lovely precious unique blessing marvel bear dash crisp guy
    """
)

# Nobody puts these in the plural, unless they name a family.
NO_PLURAL = _table(
    "young long rich wise little strong small short west north true brown gray green kim may will"
)

MONTHS = _table("april may june august march january")
MONTH_BEFORE = _table(
    "in since until till last next early late mid during through throughout every"
)

# What a person does: after a word at the start of a sentence it makes that word a name.
DOING = _table(
    """
    said told was is has had did does went came ran saw took gave left lives stays says tells
    knew got made felt wept woke slept kept met sat stood spoke began brought bought held heard
    hid hit hurt put read sent shut wore wrote would could cannot couldn didn wasn hasn hadn isn
    wouldn doesn lied ate drank drew drove fell fed found forgot rode sang swore taught thought
    threw understood and who whose whom states reports denies asks wants works attends
    """
)
SPEAKING = _table(
    "said told stated denied asked reported claimed admitted disclosed added answered was"
)
NO_NAME_AFTER = _table("the a an this that every each no any of my her his their its")

# Before a name: somebody's title, or the office of one who handles the case.
TITLES = _table("mr mrs ms miss mx sr sra srta senor senora aunt uncle auntie tio tia")
OFFICIAL = _table(
    """
    officer ofc detective det sergeant sgt lieutenant lt captain capt deputy trooper sheriff
    chief dr doctor nurse judge prosecutor attorney investigator corporal cpl commander
    paramedic
    """
)
STREETS = _table(
    """
    street st avenue ave av road rd drive dr lane ln court ct terrace ter boulevard blvd place
    pl circle cir parkway pkwy highway hwy trail trl way alley plaza square sq
    """
)
PARTICLES = _table(
    """
    de la las los del da das do dos di du el al abu bin ibn ben bint umm um van von der den ter
    ten te op y e san santa st saint mac mc o d l le
    """
)
# With a capital after a name: what a place or a business is called by. Then: before such a name.
PLACES = _table(
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
PLACE_BEFORE = _table("lake mount mt fort ft camp port cape saint st lago")
PLACE_OF = _table("town city village county township suburb parish borough church feast")
STATES = _table(
    """
    missouri kansas iowa nebraska illinois arkansas oklahoma texas colorado ohio indiana michigan
    minnesota wisconsin kentucky tennessee california florida arizona nevada utah mo ks ia ne il ar
    ok tx co ky tn ca fl az nv ut
    """
)
DETERMINERS = _table("the a an this that these those every each no any some")
# Before two names: somebody who handles the case, and has a first name of their own.
HANDLES = OFFICIAL | _table(
    """
    advocate agent clerk coach constable counselor dispatcher examiner interviewer marshal medic
    nurse pastor patrolman pediatrician pharmacist physician principal psychologist ranger reverend
    rev specialist superintendent supervisor surgeon tech technician teacher therapist worker
    """
)
AFTER_HANDLERS = _table("md rn do np pa lcsw lpc lmsw phd esq lpn cna dds")
# After a name: what that name is of, and it is nobody's. A school tells where a child is.
INSTITUTIONS = _table(
    """
    agency bureau center centre clinic commission council county court department division district
    hospital hotline office police program services squad team unit university
    """
)
# Begin sentences and name nobody.
POINTING = _table(
    "anybody anyone everybody everyone he how it nobody she somebody someone there they we what "
    "who whoever why you"
)
# Two letters in capitals that usually mean something else. Of a person's initials and a rare
# abbreviation the initials win.
NOT_INITIALS = _table(
    """
    am cc cd co cp ct da db dc do dr dv ed eg er hr hs id ie if ii in ip iq is it iv jr kc ks lt md
    atm cps cst dfs dhs dna dob emr ems emt fbi gps icu kck kcp usa usb suv ssn ssa tba tbd vin
    mo mr ms no ok on or pc pd pm ps rd rn rx sr st to tv up us vs
    """
)
ANNOUNCES_INITIALS = _table("initials initial initialed initialled monogram")
DEGREES = _table("md rn do jd pa ba ma np bs ms")

# Words that are one letter from some name. A slip of the pen is looked for only beyond these.
COMMON = _table(
    """
    about above abuse accept access account accused across action active actual added address
    admit adult advice advised advocacy advocate after again agency agent agree agreed alert
    alive alley allow almost alone along already also although always ambulance amount anger
    angry animal ankle another answer answered anyone apart apartment appear appeared approve
    approved area arena argue arise around arranged arrest arrive arrived aside asked asleep
    aspect assault assigned attached attempt attend attending attorney audio august aware awake
    baby back badge baker balance basement basic basis bath bathroom batter battery beach beard
    beast beaten became because become bedding bedroom been before began begin behind being
    belief believe belong below belt bench beside best better between beyond bible birth bitten
    black blame blank blanket bleed blind block blond blood bloody board body bottle bottom
    bound bowel braid brain branch brand bread break breast breath brick bride brief bright
    bring broad broken brother brought brown bruise bruised bruising brush build building built
    bunch burn burned burner buses cabin cable called caller calls calm camera cameras candy
    canvass caregiver careful carpet carried carrier carry cases cash caught cause cell center
    central certain chain chair chance change changed charge charger charging chart chase chased
    cheap check checked cheek chest chief child children chill choice choose chose church
    citizen city civil civilian claim class clean cleaned clear cleared clerk client clinic
    clock close closed closer closet cloth clothes clothing coach coast coffee cold collar
    collect collected color comes coming common complete completed concern condition consent
    consider considered contact contacted contain content cook cooks copied copies copy corner
    correct could couch cough counsel counselor count county couple course court cousin cover
    covered crack crash crawl cream crime crisis cross crowd crying cried curtain custody daily
    damage danger dark dated dates daughter deal death decide decided deep delay delivery denied
    deny depart department depth desk detail details detective diaper diner dinner direct
    direction dirty disclose disclosed disclosure dispatch dispatched district divided division
    doctor door doubt dozen draft drank drawer drawing drawn dream dress dressed drink drive
    driven driver drives drove drunk duplex during dusty duty each earlier early earth easily
    east easy eaten effort eight either elbow elder elapsed elect eleven email emergency empty
    ended engine enjoy enough enter entered entire entry equal error escape even evening event
    ever every evidence exact exam examined examining except exist exit expect expected expert
    explain explanation extra faced facial facility factor failed faint fair fall fallen false
    family farm farmhouse father fault favor fear feature feed feel feeling feet felt female
    fence fever field fifteen fifth fifty fight figure filed files final finally find fine
    finger finish fire first fixed flash fleet flight floor flow focus folder follow followed
    food force forced forearm foreign forensic forest form former forty forward foster found
    four fourth frame free fresh friend friends from front fruit full fully funny further garage
    garden gather gave general gentle giant girl given glass going good goods grade grand
    grandma grandmother grandfather grant grass gravel gray great green greet grew grief ground
    group grown guard guess guest guide guilty habit hair half hall hallway hammer hand handed
    handle hands happen happened happy hard hardly harm hasty head healed healing health hear
    heard heart heat heavy held help hence here hers hidden high hill himself hire history hold
    holding hole home honest hooded hope hoped horse hospital hotel hotline hour hours house
    household human hundred hungry hunt hunter hurry hurt husband ideal identified idle ignore
    image impact inactive inch incident income index indeed infant infection inform injured
    injury inner inside instead interview into invite island issue item items itself jacket jail
    jeans joint judge juice jumped juvenile keep kept kick kicked kid kids kill kind kissed
    kitchen knee knew knife knock know known label lack lady landlord large larger last late
    later laugh laundry lawn lawns lawyer layer learn leash least leather leave leaves left
    legal lend less lesson letter level license lied life light like line linear lined linen
    linked lips list listed listen little live lived liver lives living loan lobby local locate
    located lock locked locks lodger long longer look looked loose lose loss lost loud lover
    lower lucky lunch lying made mail main major make maker male manager manner many march
    marine mark marked marks marriage married mass match matter maybe meal mean means meant
    measure medal medical medicine meet member memory mental mention merely message messages
    metal middle might mile mind minor minute minutes mirror miss missed missing mixed mobile
    model moment money month monthly moral more morning most motel mother motion motor mount
    mouth move moved movie much music must myself naked name named names narrow nasal near
    nearby nearly neck need needed neighbor neither nerve never news next nice nickname niece
    night nights nine ninth noise none normal north nose note noted notes nothing notice noted
    notified novel number numbers nurse object observe observed obtain obtained occur odor
    offense offer offered office officer often older once ongoing only onset open opened order
    other others ought outer outside over owner pack page paid pain painful paint pair pajama
    pajamas palm panel panic pants paper parent parents parish park parked parking part partner
    party pass passed past path patient patrol pattern pause payment peace pediatrician people
    percent perform perhaps period person personal persons phase phone photo photograph
    photographs photos phrase physical physician piano pick picture piece pillow pinch pink pipe
    place placed places plain plan plane plant plastic plate play played player please plenty
    point pointed police policy polite poor porch position positive possible pound power
    practice pregnant prepare present press pretty prevent price pride priest primary print
    prior priority prison private privately probably problem process produce promise prompt
    proof proper property prosecutor protect protective proud prove provide provided public pull
    pulled punch pupil pure purse push pushed puzzle quart queen quick quickly quiet quietly
    quite quote quoted radio raise raised random range rapid rarely rash rate rather ratio reach
    reached react read reader ready real really rear reason recall recalled receive received
    recent record recorded recording records redness reduce refer reference referral refuse
    refused regard regarding region regular relate related relation relative release relief
    remain remark remove removed rent rented repair repeat replied reply report reported
    reporter reports request require rescue resident respond rest restroom result return
    returned review ribs ride right ring rise risk river road robber rocky roman roof room rooms
    rope rough round route routine ruin rule run running rural rush sad safe safety said same
    sample sandal save scale scan scar scare scared scene school score scratch scream screen
    screw seal search season seat second secret section secure seek seem seemed seen self sell
    send senior sense sent sentence separate series serious serve service seven several severe
    shade shake shall shape share shared sharp sheet shelf shell shelter shift shirt shock shoe
    shoes shoot shop short shot should shoulder shout shove show showed shower shown siblings
    side sight sign signed silent silver similar simple since single sister sitting sixth size
    sketch skill skin sleep sleeping sleeps slept sleeve slide slight slow small smart smell
    smile smoke smooth snack social sofa soft sold solid some someone song soon sorry sort sound
    source south space spare spark speak special speech speed spell spend spent split spoke
    sport spot spring square staff stage stain stair stairs stand standing start started state
    stated statement statements states station stay stayed steal steel step stepfather
    stepbrother stick still stolen stomach stone stood stop stopped store stories storm story
    strange stranger street stress strike strip strong stuck student study stuff stuffed style
    sudden suffer sugar suit summer supper support sure surface swear sweat sweet swell swelling
    swing swollen system table tablet taken takes taking talk talked tape task taste teach
    teacher team tear tears teen teenager teeth tell telling ten tend term test tested than
    thank their them themselves then theory there therefore these they thick thigh thin thing
    things think third thirty this those though thought thousand threat three threw throat
    through throw thumb tight time times tired title today together told tone tongue tonight
    took tools tooth topic total touch touched tough towel tower town trace track trade trail
    train transfer trash travel treat treated tree triage trial tried trip trouble truck true
    trunk trust truth trying turn turned twelve twenty twice type typed uncle under understand
    unit unknown unless until upon upper upset urban urgent urine used usual usually value
    vehicle very victim video view violent vision visit visited visitor voice volume wait waited
    wake walk walked wall want wanted warden ware warm warned warrant wash washed waste watch
    watched water ways weak wear wearing week weekend weekends weeks weight well were west wheel
    when where whether which while white whole whom whose wide widow wife will winter wild
    window wish with within without witness witnesses woman women wonder wood word words wore
    work worked worker works world worn worry worse worst worth would wound wrist wrists write
    written wrong wrote yard year years yell yellow yesterday yield young younger your yours
    youth monday tuesday wednesday thursday friday saturday sunday january february april june
    july september october november december spanish english american mexican missouri kansas
    christian christmas easter suspect suspects caregivers mister missus reference parties
    partial martial marital margin marinate carton carol darker dinner danced career career
    carried carries bigger branded brandon hearty healer heather jersey kernel lauded learned
    mailed manually masked mason melon minted morale murder nation nature normally parson person
    pasta patrick pieces
    """
)
